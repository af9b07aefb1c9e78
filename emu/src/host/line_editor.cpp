#include "lpaemu/emu/host/line_editor.h"

#include <fmt/format.h>
#include <histedit.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>

#include "lpaemu/emu/blanks.h"
#include "lpaemu/emu/host/terminal.h"

namespace lpaemu::emu {
namespace {

struct EditLineEnd {
  void operator()(EditLine* editor) const { el_end(editor); }
};
struct HistoryEnd {
  void operator()(History* lines) const { history_end(lines); }
};

volatile std::sig_atomic_t resized = 0;  // a signal handler can reach globals only

std::string common_prefix(const std::vector<std::string>& words) {
  std::string prefix = words.front();
  for (const std::string& word : words) prefix.erase(std::ranges::mismatch(prefix, word).in1, prefix.end());
  return prefix;
}

/// The words in columns, as many of them as a person wants to see.
std::string columns(const std::vector<std::string>& words) {
  constexpr std::size_t most = 120, width = 80, gap = 2;
  const std::size_t count = std::min(most, words.size());
  std::size_t longest = gap;
  for (std::size_t i = 0; i < count; ++i) longest = std::max(longest, words[i].size() + gap);
  const std::size_t per_line = std::max<std::size_t>(1, width / longest);
  std::string text;
  for (std::size_t i = 0; i < count; ++i) {
    const bool last = i % per_line == per_line - 1 || i == count - 1;
    text += last ? words[i] + "\n" : fmt::format("{:<{}}", words[i], longest);
  }
  if (count < words.size()) text += fmt::format("... and {} more\n", words.size() - count);
  return text;
}

}  // namespace

/// libedit calls back with its EditLine only, whose client data is this.
class LineEditor::State {
 public:
  State(int terminal, std::string file, Complete complete, std::function<bool()> is_over)
      : terminal_{terminal}, file_{std::move(file)}, complete_{std::move(complete)}, is_over_{std::move(is_over)} {}
  ~State() {
    HistEvent event;
    if (changed_ && !file_.empty()) history(lines_.get(), &event, H_SAVE, file_.c_str());
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  [[nodiscard]] Expected<void, Error> open();
  [[nodiscard]] std::optional<std::string> read_line(std::string_view prompt);

 private:
  [[nodiscard]] static State& of(EditLine* editor) {
    void* state = nullptr;
    el_get(editor, EL_CLIENTDATA, &state);
    return *static_cast<State*>(state);
  }
  static char* prompt(EditLine* editor) { return of(editor).prompt_.data(); }
  static int read_key(EditLine* editor, wchar_t* key);
  static unsigned char complete(EditLine* editor, int key);
  static unsigned char interrupt(EditLine* editor, int key);
  static unsigned char suspend(EditLine* editor, int key);
  void bind_keys();

  int terminal_;
  std::string file_;
  Complete complete_;
  std::function<bool()> is_over_;
  std::string prompt_;
  bool interrupted_ = false;
  bool changed_ = false;  // the history
  KeyStream input_;
  std::unique_ptr<History, HistoryEnd> lines_;
  std::unique_ptr<EditLine, EditLineEnd> editor_;
};

Expected<void, Error> LineEditor::State::open() {
  input_ = keys_of(terminal_);
  lines_.reset(history_init());
  if (input_) editor_.reset(el_init("lpaemu", input_.get(), stdout, stderr));
  if (!input_ || !lines_ || !editor_) return unexpected(Error{"cannot edit lines at this terminal; set TERM=dumb"});
  constexpr int kept = 1000;
  HistEvent event;
  history(lines_.get(), &event, H_SETSIZE, kept);
  history(lines_.get(), &event, H_SETUNIQUE, 1);
  if (!file_.empty()) history(lines_.get(), &event, H_LOAD, file_.c_str());

  EditLine* const editor = editor_.get();
  el_set(editor, EL_CLIENTDATA, this);
  el_set(editor, EL_EDITOR, "emacs");
  el_set(editor, EL_HIST, &history, lines_.get());
  el_set(editor, EL_PROMPT, &State::prompt);
  el_set(editor, EL_GETCFN, &State::read_key);
  bind_keys();
  el_source(editor, nullptr);  // the user's ~/.editrc
  return {};
}

/// Ctrl-C and Ctrl-Z are keys here: as signals they would leave libedit in the middle of its work.
void LineEditor::State::bind_keys() {
  EditLine* const editor = editor_.get();
  el_set(editor, EL_SETTY, "-d", "-isig", nullptr);
  // With el_set the library would copy the words and never free them.
  el_wset(editor, EL_ADDFN, L"lpaemu-complete", L"Complete a word", &State::complete);
  el_wset(editor, EL_ADDFN, L"lpaemu-interrupt", L"Begin a new line", &State::interrupt);
  el_wset(editor, EL_ADDFN, L"lpaemu-suspend", L"Stop the process", &State::suspend);
  el_set(editor, EL_BIND, "^I", "lpaemu-complete", nullptr);
  el_set(editor, EL_BIND, "^C", "lpaemu-interrupt", nullptr);
  el_set(editor, EL_BIND, "^Z", "lpaemu-suspend", nullptr);
  el_set(editor, EL_BIND, "^R", "em-inc-search-prev", nullptr);
  el_set(editor, EL_BIND, "^W", "ed-delete-prev-word", nullptr);
}

int LineEditor::State::read_key(EditLine* editor, wchar_t* key) {
  unsigned char byte = 0;
  while (true) {
    const ssize_t count = ::read(of(editor).terminal_, &byte, 1);
    if (count == 1) break;
    if (count == 0 || errno != EINTR) return count == 0 ? 0 : -1;
    if (of(editor).is_over_()) return 0;
    if (resized == 0) continue;
    resized = 0;
    el_resize(editor);
    el_set(editor, EL_REFRESH);
  }
  *key = byte;
  return 1;
}

unsigned char LineEditor::State::complete(EditLine* editor, int /*key*/) {
  const LineInfo* const line = el_line(editor);
  const auto before = static_cast<std::size_t>(line->cursor - line->buffer);
  const Completion found = of(editor).complete_({line->buffer, before});
  if (found.words.empty()) return CC_REFRESH_BEEP;
  std::string text = common_prefix(found.words);
  if (found.words.size() == 1 && !text.ends_with(':')) text += ' ';  // FILE:LINE
  if (found.words.size() > 1 && text.size() <= found.typed) {
    const std::string list = "\n" + columns(found.words);
    std::fwrite(list.data(), 1, list.size(), stdout);
    return CC_REDISPLAY;
  }
  el_deletestr(editor, static_cast<int>(found.typed));
  return el_insertstr(editor, text.c_str()) == 0 ? CC_REFRESH : CC_REFRESH_BEEP;
}

unsigned char LineEditor::State::interrupt(EditLine* editor, int /*key*/) {
  const LineInfo* const line = el_line(editor);
  el_cursor(editor, static_cast<int>(line->lastchar - line->cursor));
  el_insertstr(editor, "^C");
  of(editor).interrupted_ = true;
  el_push(editor, "\n");
  return CC_REFRESH;
}

unsigned char LineEditor::State::suspend(EditLine* editor, int /*key*/) {
  el_set(editor, EL_PREP_TERM, 0);
  ::kill(0, SIGTSTP);
  el_set(editor, EL_PREP_TERM, 1);
  return CC_REDISPLAY;
}

std::optional<std::string> LineEditor::State::read_line(std::string_view prompt) {
  prompt_ = prompt;
  const TerminalGuard guard{terminal_};
  struct sigaction action{}, before{};
  action.sa_handler = [](int) { resized = 1; };
  sigemptyset(&action.sa_mask);
  ::sigaction(SIGWINCH, &action, &before);
  el_resize(editor_.get());
  std::optional<std::string> typed;
  while (!typed) {
    interrupted_ = false;
    int count = 0;
    el_set(editor_.get(), EL_PREP_TERM, 1);  // before the prompt is seen: what is typed from then on are keys
    const char* const line = el_gets(editor_.get(), &count);
    if (line == nullptr || count <= 0 || is_over_()) break;
    if (interrupted_) continue;
    typed.emplace(line, static_cast<std::size_t>(count));
    if (typed->ends_with('\n')) typed->pop_back();
  }
  ::sigaction(SIGWINCH, &before, nullptr);
  if (typed && !trimmed(*typed).empty()) {
    HistEvent event;
    changed_ = history(lines_.get(), &event, H_ENTER, typed->c_str()) >= 0;
  }
  if (!typed) std::fputs("\n", stdout);
  return typed;
}

std::string history_file() {
  const char* const state = std::getenv("XDG_STATE_HOME");
  if (state != nullptr && *state == '/') return fmt::format("{}/lpaemu_history", state);
  const char* const home = std::getenv("HOME");
  return home != nullptr && *home == '/' ? fmt::format("{}/.lpaemu_history", home) : std::string{};
}

LineEditor::LineEditor(std::unique_ptr<State> state) : state_{std::move(state)} {}
LineEditor::~LineEditor() = default;

Expected<std::unique_ptr<LineEditor>, Error> LineEditor::open(int terminal, std::string history, Complete complete,
                                                              std::function<bool()> is_over) {
  auto state = std::make_unique<State>(terminal, std::move(history), std::move(complete), std::move(is_over));
  LPAEMU_TRY_VOID(state->open());
  return std::unique_ptr<LineEditor>{new LineEditor{std::move(state)}};
}

std::optional<std::string> LineEditor::read_line(std::string_view prompt) { return state_->read_line(prompt); }

}  // namespace lpaemu::emu
