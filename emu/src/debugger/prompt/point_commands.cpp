// Commands that say what to stop at.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "code_view.h"
#include "handlers.h"
#include "lpaemu/emu/blanks.h"
#include "lpaemu/emu/debugger/expression.h"
#include "lpaemu/emu/machine/guest_memory.h"
#include "lpaemu/kernel_model/syscalls/syscall.h"
#include "lpaemu/kernel_model/task/signal.h"
#include "lpaemu/mmu/print.h"
#include "text.h"

namespace lpaemu::emu::commands {
namespace {

std::string_view kind_name(PointKind kind) {
  switch (kind) {
    case PointKind::breakpoint: return "Breakpoint";
    case PointKind::watch: return "Watchpoint";
    default: return "Catchpoint";
  }
}

/// As lists show it.
std::string text_of(const Point& point) {
  return point.text + (point.condition ? " if " + point.condition->text() : "");
}

/// Where a line's code begins.
Expected<Point, Error> line_breakpoint(Debugger& debugger, const SourceLine& line) {
  const auto at = debugger.machine().code().code_of(line);
  if (!at) return unexpected(Error{fmt::format("no code is known for {}, or behind it", line.text())});
  return Point{.kind = PointKind::breakpoint,
               .range = {*at, *at + 1U},
               .set = set_at(debugger, *at),
               .text = fmt::format("{} {}", with_symbol(*at, debugger), debugger.machine().code().source_line(*at))};
}

Expected<Point, Error> breakpoint(Debugger& debugger, std::string_view arguments) {
  LPAEMU_TRY(line, file_and_line(debugger, arguments));
  if (line) return line_breakpoint(debugger, *line);
  if (arguments.starts_with('*')) arguments.remove_prefix(1);  // as GDB marks an address
  LPAEMU_TRY(va, arguments.empty() ? Expected<std::uint32_t, Error>{debugger.registers().r[15]}
                                   : evaluate(arguments, debugger));
  const VirtAddr at{va & ~1U};
  return Point{.kind = PointKind::breakpoint,
               .range = {at, at + 1U},
               .set = (va & 1) != 0 ? InstructionSet::thumb : set_at(debugger, at),
               .text = with_symbol(at, debugger)};
}

Expected<Point, Error> watchpoint(Debugger& debugger, std::string_view arguments, WatchKind kind) {
  constexpr std::uint32_t word = 4;
  constexpr std::uint32_t longest = 1U << 20;
  if (arguments.starts_with('*')) arguments.remove_prefix(1);  // GDB's way to say: what is there
  LPAEMU_TRY(range, evaluate_range(arguments, debugger, word, SymbolRange::whole));
  std::array<std::byte, 1> byte{};
  if (peek(debugger.mm(), range.start, byte) != 1 && peek(debugger.mm(), range.end - 1U, byte) != 1)
    return unexpected(Error{fmt::format("nothing is mapped at {}", with_symbol(range.start, debugger))});
  if (range.bytes() > longest) return unexpected(Error{fmt::format("{} bytes are too many to watch", range.bytes())});
  const char* const what = kind == WatchKind::write ? "store to" : kind == WatchKind::read ? "load from" : "access to";
  return Point{.kind = PointKind::watch,
               .range = range,
               .watch = kind,
               .text = fmt::format("{} {}, {} bytes", what, with_symbol(range.start, debugger), range.bytes())};
}

std::optional<mmu::Access> access_of(std::string_view word) {
  if (word == "read") return mmu::Access::read;
  if (word == "write") return mmu::Access::write;
  if (word == "exec") return mmu::Access::execute;
  return std::nullopt;
}

/// ADDR[,LEN], SYMBOL, or what maps calls a mapping. The heap and the stack may not be there yet.
Expected<void, Error> set_place(Point& point, std::string_view text, Debugger& debugger) {
  if (!is_mapping_name(text)) {
    LPAEMU_TRY(range, evaluate_range(text, debugger, 1, SymbolRange::whole));
    point.range = range;
    return {};
  }
  if (text != "[heap]" && text != "[stack]") LPAEMU_TRY_VOID(mappings_called(text, debugger.mm()));
  point.region = text;
  return {};
}

/// KIND, or read, write, exec; one of each.
Expected<void, Error> add_word(FaultFilter& filter, std::string_view word) {
  if (const auto access = access_of(word)) {
    if (filter.access) return unexpected(Error{fmt::format("one of read, write and exec, not '{}' as well", word)});
    filter.access = access;
    return {};
  }
  if (!is_fault_kind(word))
    return unexpected(Error{fmt::format("no kind of fault '{}'; there are: {}", word, fault_kinds())});
  if (!filter.kind.empty())
    return unexpected(Error{fmt::format(
        "one KIND, not '{0}' as well; for both: catch fault if kind == {1} || kind == {0}", word, filter.kind)});
  filter.kind = word;
  return {};
}

Expected<Point, Error> fault_catch(Debugger& debugger, std::string_view arguments) {
  Point point{.kind = PointKind::fault, .text = "fault"};
  if (!arguments.empty()) point.text += " " + std::string{arguments};
  while (!arguments.empty()) {
    const std::string_view word = words(arguments).front();
    arguments.remove_prefix(static_cast<std::size_t>(word.data() - arguments.data()) + word.size());
    if (word == "in") {
      LPAEMU_TRY_VOID(set_place(point, trimmed(arguments), debugger));
      break;
    }
    LPAEMU_TRY_VOID(add_word(point.faults, word));
    arguments = trimmed(arguments);
  }
  return point;
}

Expected<Point, Error> page_catch(Debugger& debugger, std::string_view arguments, PointKind kind) {
  LPAEMU_TRY(va, evaluate(arguments, debugger));
  const VirtAddr page = VirtAddr{va}.page();
  return Point{.kind = kind,
               .range = {page, page + mmu::PAGE_SIZE},
               .text = fmt::format("{} {}", kind == PointKind::pte ? "pte" : "softdirty", mmu::to_string(page))};
}

Expected<Point, Error> syscall_catch(Debugger& /*debugger*/, std::string_view arguments) {
  Point point{.kind = PointKind::syscall, .text = "any system call"};
  if (arguments.empty()) return point;
  for (const kernel::SyscallRow& row : kernel::syscall_table())
    if (row.name == arguments || fmt::to_string(row.number) == arguments) {
      point.syscall = row.number;
      point.text = fmt::format("system call {} ({})", row.name, row.number);
    }
  if (!point.syscall) return unexpected(Error{fmt::format("no system call '{}'", arguments)});
  return point;
}

/// "SIGSEGV", "SEGV" or 11.
std::optional<int> signal_number(std::string_view text) {
  for (int signo = 1; kernel::valid_signal(signo); ++signo) {
    const std::string name = kernel::signal_name(signo);
    if (text == name || "SIG" + std::string{text} == name || text == fmt::to_string(signo)) return signo;
  }
  return std::nullopt;
}

Expected<Point, Error> signal_catch(Debugger& /*debugger*/, std::string_view arguments) {
  if (arguments.empty()) return Point{.kind = PointKind::signal, .text = "any signal"};
  const auto signo = signal_number(arguments);
  if (!signo) return unexpected(Error{fmt::format("no signal '{}'", arguments)});
  return Point{.kind = PointKind::signal, .signal = signo, .text = "signal " + kernel::signal_name(*signo)};
}

template <PointKind kind>
Expected<Point, Error> plain_catch(Debugger& /*debugger*/, std::string_view arguments) {
  if (!arguments.empty()) return unexpected(Error{fmt::format("'{}' does not belong there", arguments)});
  return Point{.kind = kind, .text = kind == PointKind::exit ? "exit" : "clear-refs"};
}

/// Calls `act(Point&)` for each number of a list.
template <class Act>
CommandResult for_each_number(Debugger& debugger, std::string_view arguments, Act act) {
  for (const std::string_view word : words(arguments)) {
    LPAEMU_TRY(number, evaluate(word, debugger));
    Point* const point = debugger.points().find(static_cast<int>(number));
    if (point == nullptr) return unexpected(Error{fmt::format("no point number {}", number)});
    act(*point);
  }
  return says({});
}

using MakePoint = Expected<Point, Error> (*)(Debugger& debugger, std::string_view arguments);

/// `text` is what stands behind `if`.
Expected<void, Error> set_condition(Point& point, std::string_view text, Debugger& debugger) {
  LPAEMU_TRY(condition, compile(text, debugger));
  if (condition.asks_for_fault() && point.kind != PointKind::fault)
    return unexpected(Error{"$addr, $far, $fsr and kind are for the condition of a catch fault"});
  point.condition = std::move(condition);
  return {};
}

/// The point that `arguments`, ARGUMENTS [if CONDITION], ask for.
Expected<Point, Error> make(Debugger& debugger, std::string_view arguments, MakePoint make_point) {
  std::optional<std::string_view> condition;
  for (const std::string_view word : words(arguments)) {
    if (word != "if") continue;
    const auto at = static_cast<std::size_t>(word.data() - arguments.data());
    condition = arguments.substr(at + word.size());
    arguments = trimmed(arguments.substr(0, at));
    break;
  }
  LPAEMU_TRY(point, make_point(debugger, arguments));
  if (condition) LPAEMU_TRY_VOID(set_condition(point, *condition, debugger));
  return point;
}

enum class Lasts : std::uint8_t { always, once };

CommandResult add(Debugger& debugger, std::string_view arguments, MakePoint make_point, Lasts lasts = Lasts::always) {
  LPAEMU_TRY(point, make(debugger, arguments, make_point));
  point.temporary = lasts == Lasts::once;
  const Point& added = debugger.points().add(std::move(point));
  return says(fmt::format("{} {}: {}\n", kind_name(added.kind), added.number, text_of(added)));
}

template <WatchKind kind>
Expected<Point, Error> watch(Debugger& debugger, std::string_view arguments) {
  return watchpoint(debugger, arguments, kind);
}
template <PointKind kind>
Expected<Point, Error> page_catch(Debugger& debugger, std::string_view arguments) {
  return page_catch(debugger, arguments, kind);
}

struct CatchRow {
  std::string_view name;
  MakePoint make;
};
constexpr std::array catches{
    CatchRow{"fault", fault_catch},
    CatchRow{"softdirty", page_catch<PointKind::soft_dirty>},
    CatchRow{"pte", page_catch<PointKind::pte>},
    CatchRow{"syscall", syscall_catch},
    CatchRow{"signal", signal_catch},
    CatchRow{"exit", plain_catch<PointKind::exit>},
    CatchRow{"clear-refs", plain_catch<PointKind::clear_refs>},
};

}  // namespace

CommandResult do_break(Debugger& debugger, std::string_view arguments) { return add(debugger, arguments, breakpoint); }
CommandResult do_tbreak(Debugger& debugger, std::string_view arguments) {
  return add(debugger, arguments, breakpoint, Lasts::once);
}
CommandResult do_watch(Debugger& debugger, std::string_view arguments) {
  return add(debugger, arguments, watch<WatchKind::write>);
}
CommandResult do_rwatch(Debugger& debugger, std::string_view arguments) {
  return add(debugger, arguments, watch<WatchKind::read>);
}
CommandResult do_awatch(Debugger& debugger, std::string_view arguments) {
  return add(debugger, arguments, watch<WatchKind::access>);
}
CommandResult do_catch_fault(Debugger& debugger, std::string_view arguments) {
  return add(debugger, arguments, fault_catch);
}
CommandResult do_catch_softdirty(Debugger& debugger, std::string_view arguments) {
  return add(debugger, arguments, page_catch<PointKind::soft_dirty>);
}
CommandResult do_catch_pte(Debugger& debugger, std::string_view arguments) {
  return add(debugger, arguments, page_catch<PointKind::pte>);
}
CommandResult do_catch_syscall(Debugger& debugger, std::string_view arguments) {
  return add(debugger, arguments, syscall_catch);
}

CommandResult do_catch_signal(Debugger& debugger, std::string_view arguments) {
  return add(debugger, arguments, signal_catch);
}
CommandResult do_catch_exit(Debugger& debugger, std::string_view arguments) {
  return add(debugger, arguments, plain_catch<PointKind::exit>);
}
CommandResult do_catch_clear_refs(Debugger& debugger, std::string_view arguments) {
  return add(debugger, arguments, plain_catch<PointKind::clear_refs>);
}

CommandResult do_tcatch(Debugger& debugger, std::string_view arguments) {
  const std::string_view kind = arguments.substr(0, arguments.find_first_of(" \t"));
  const auto* const row = std::ranges::find(catches, kind, &CatchRow::name);
  if (row != catches.end()) return add(debugger, trimmed(arguments.substr(kind.size())), row->make, Lasts::once);
  std::string names;
  for (const CatchRow& known : catches) names += fmt::format("{}{}", names.empty() ? "" : ", ", known.name);
  return unexpected(Error{fmt::format("tcatch what? {}", names)});
}

CommandResult do_condition(Debugger& debugger, std::string_view arguments) {
  const std::string_view number = arguments.substr(0, arguments.find_first_of(" \t"));
  const std::string_view condition = trimmed(arguments.substr(number.size()));
  Expected<void, Error> changed;
  LPAEMU_TRY_VOID(for_each_number(debugger, number, [&](Point& point) {
    if (condition.empty())
      point.condition.reset();
    else
      changed = set_condition(point, condition, debugger);
  }));
  if (!changed) return unexpected(changed.error());
  return says({});
}

CommandResult do_delete(Debugger& debugger, std::string_view arguments) {
  if (arguments.empty()) {
    debugger.points().remove_if([](const Point& point) { return point.number != 0; });
    return says({});
  }
  return for_each_number(debugger, arguments, [&](Point& point) { debugger.points().remove(point.number); });
}
CommandResult do_enable(Debugger& debugger, std::string_view arguments) {
  return for_each_number(debugger, arguments, [](Point& point) { point.enabled = true; });
}
CommandResult do_disable(Debugger& debugger, std::string_view arguments) {
  return for_each_number(debugger, arguments, [](Point& point) { point.enabled = false; });
}

CommandResult do_ignore(Debugger& debugger, std::string_view arguments) {
  const auto all = words(arguments);
  if (all.size() != 2) return unexpected(Error{"ignore N COUNT"});
  LPAEMU_TRY(count, evaluate(all[1], debugger));
  return for_each_number(debugger, all[0], [&](Point& point) { point.ignore = count; });
}

CommandResult do_info_points(Debugger& debugger, std::string_view /*arguments*/) {
  std::string text;
  for (const Point& point : debugger.points().all()) {
    if (point.number == 0) continue;
    text += fmt::format("{:<4} {:<11} {} {}{}", point.number, kind_name(point.kind), point.enabled ? 'y' : 'n',
                        text_of(point), point.temporary ? ", once" : "");
    if (point.hits != 0) text += fmt::format(", hit {} time{}", point.hits, point.hits == 1 ? "" : "s");
    if (point.ignore != 0) text += fmt::format(", {} more to pass", point.ignore);
    text += "\n";
  }
  return says(text.empty() ? "No breakpoints, watchpoints or catchpoints.\n" : text);
}

}  // namespace lpaemu::emu::commands
