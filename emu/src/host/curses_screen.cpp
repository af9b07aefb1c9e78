#include "lpaemu/emu/host/curses_screen.h"

#define NCURSES_NOMACROS 1
#include <curses.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <term.h>
#undef columns  // term.h has macros for all capabilities

#include <csignal>
#include <cstdio>
#include <optional>
#include <string>

#include "lpaemu/emu/host/terminal.h"

namespace lpaemu::emu {
namespace {

constexpr short changed_colours = 1;

attr_t attributes(Style style) {
  switch (style) {
    case Style::normal: return A_NORMAL;
    case Style::heading: return A_DIM;
    case Style::title: return A_REVERSE;
    case Style::present: return A_BOLD;
    case Style::changed: return A_BOLD | static_cast<attr_t>(COLOR_PAIR(changed_colours));
  }
  return A_NORMAL;
}

/// What the terminal takes for `name`, a string capability of terminfo; may be empty.
std::string capability(const char* name) {
  const char* const text = tigetstr(name);
  return text == nullptr ? std::string{} : text;
}

class CursesScreen final : public FullScreen {
 public:
  CursesScreen(int terminal, std::function<bool()> is_over) : terminal_{terminal}, is_over_{std::move(is_over)} {}
  ~CursesScreen() override {
    CursesScreen::leave();
    if (screen_ != nullptr) delscreen(screen_);
  }
  CursesScreen(const CursesScreen&) = delete;
  CursesScreen& operator=(const CursesScreen&) = delete;

  ScreenSize size() override {
    enter();
    return screen_ == nullptr ? ScreenSize{} : ScreenSize{.rows = getmaxy(stdscr), .columns = getmaxx(stdscr)};
  }
  void paint(const Grid& grid) override;
  KeyPress read_key() override;
  void leave() override;

 private:
  void enter();
  void open();
  [[nodiscard]] std::optional<KeyPress> wait_for_key();

  int terminal_;
  std::function<bool()> is_over_;
  KeyStream keys_;
  SCREEN* screen_ = nullptr;
  std::optional<TerminalGuard> guard_;  // while the screen is shown
};

void CursesScreen::open() {
  keys_ = keys_of(terminal_);
  // Ctrl-Z is a key in the view; elsewhere ncurses' handler would draw the view again when lpaemu goes on.
  struct sigaction stop{};
  ::sigaction(SIGTSTP, nullptr, &stop);
  if (keys_) screen_ = newterm(nullptr, stdout, keys_.get());
  ::sigaction(SIGTSTP, &stop, nullptr);
  if (screen_ == nullptr) return;
  raw();
  noecho();
  nonl();
  curs_set(0);
  keypad(stdscr, TRUE);  // the window's new size comes as a key
  set_escdelay(25);
  if (!output_has_colours() || start_color() == ERR) return;
  use_default_colors();
  init_pair(changed_colours, COLOR_RED, -1);
}

void CursesScreen::enter() {
  if (guard_) return;
  guard_.emplace(terminal_);
  if (screen_ == nullptr)
    open();
  else
    refresh();
  if (screen_ == nullptr) return;
  guard_->write_at_end(capability("rmcup") + capability("cnorm") + capability("sgr0") + capability("rmkx"));
  clearok(stdscr, TRUE);
}

void CursesScreen::paint(const Grid& grid) {
  enter();
  if (screen_ == nullptr) return;
  werase(stdscr);
  for (int row = 0; row < grid.rows() && row < getmaxy(stdscr); ++row) {
    for (int column = 0; column < grid.columns() && column < getmaxx(stdscr); ++column) {
      const Cell& cell = grid.at(row, column);
      mvaddch(row, column, static_cast<chtype>(cell.c) | attributes(cell.style));
    }
  }
  refresh();
}

/// Nothing: there is one to be read. ncurses itself would miss a change of size that comes right before it waits.
std::optional<KeyPress> CursesScreen::wait_for_key() {
  pollfd keys{.fd = terminal_, .events = POLLIN, .revents = 0};
  constexpr int look_again_ms = 200;
  while (::poll(&keys, 1, look_again_ms) <= 0) {
    if (is_over_()) return KeyPress{.key = Key::end};
    winsize now{};
    if (::ioctl(terminal_, TIOCGWINSZ, &now) != 0 || !is_term_resized(now.ws_row, now.ws_col)) continue;
    resizeterm(now.ws_row, now.ws_col);
    return KeyPress{.key = Key::resized};
  }
  return std::nullopt;
}

KeyPress CursesScreen::read_key() {
  enter();
  if (screen_ == nullptr) return {};
  if (const auto other = wait_for_key()) return *other;
  const int key = wgetch(stdscr);
  if (key == ERR) return {};
  if (key == KEY_RESIZE) return {.key = Key::resized};
  constexpr int last_character = 0x7f;
  return {.key = Key::character, .character = key <= last_character ? static_cast<char>(key) : '\0'};
}

void CursesScreen::leave() {
  if (!guard_) return;
  if (screen_ != nullptr) endwin();
  guard_.reset();
}

}  // namespace

std::unique_ptr<FullScreen> curses_screen(int terminal, std::function<bool()> is_over) {
  return std::make_unique<CursesScreen>(terminal, std::move(is_over));
}

}  // namespace lpaemu::emu
