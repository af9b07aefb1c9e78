// Packets on a guest: which is which, then those on execution.
#include "lpaemu/emu/debugger/gdb_server.h"
#include "lpaemu/kernel_model/task/signal_numbers.h"
#include "replies.h"
#include "signals.h"

namespace lpaemu::emu::gdb {
namespace {

std::optional<WatchKind> watch_kind(std::uint64_t type) {
  switch (type) {
    case 2: return WatchKind::write;
    case 3: return WatchKind::read;
    case 4: return WatchKind::access;
    default: return std::nullopt;
  }
}

/// What a breakpoint's address and kind say: bit 0 of the address is Thumb's, as in a branch. Nothing: no instruction
/// can be there. [gdb doc, ARM Breakpoint Kinds]
struct CodePlace {
  VirtAddr va;
  InstructionSet set;
};
std::optional<CodePlace> code_place(VirtAddr va, std::uint64_t kind) {
  constexpr std::uint64_t thumb_16 = 2, thumb_32 = 3, arm_32 = 4;
  if (kind != thumb_16 && kind != thumb_32 && kind != arm_32) return std::nullopt;
  if ((va.raw() & 1) != 0) return CodePlace{VirtAddr{va.raw() & ~1U}, InstructionSet::thumb};
  if (kind != arm_32) return CodePlace{va, InstructionSet::thumb};
  if (va.raw() % arm_32 != 0) return std::nullopt;
  return CodePlace{va, InstructionSet::arm};
}

}  // namespace

Server::Reply Server::act_on_guest(const std::string& packet) {
  const std::string_view rest = std::string_view{packet}.substr(1);
  Fields fields{rest};
  switch (packet.front()) {
    case '?': return stop_reply({.kind = StopKind::stepped, .signal = debugger_->last_stop().signal});
    case 'g': return read_registers();
    case 'G': return write_registers(rest);
    case 'p': return read_register(rest);
    case 'P': return write_register(rest);
    case 'm': return read_memory(rest, false);
    case 'x': return read_memory(rest, true);
    case 'M': return write_memory(rest, false);
    case 'X': return write_memory(rest, true);
    case 'Z': return change_point(rest, true);
    case 'z': return change_point(rest, false);
    case 'c':
    case 's': return rest.empty() ? resume_by(packet.front(), 0) : bad_request;  // an address to go on at: P does that
    case 'C':
    case 'S': {
      const auto signal = fields.number();
      return signal && fields.empty() ? resume_by(packet.front(), *signal) : bad_request;
    }
    case 'H': return rest.empty() ? bad_request : check_thread(rest.substr(1));
    case 'T': return check_thread(rest);
    case 'q': return act_on_query(rest);
    case 'Q': return act_on_set(rest);
    case 'v': break;
    default: return {};
  }
  if (rest == "Cont?") return "vCont;c;C;s;S";
  if (fields.take("Cont;")) return resume_all(fields.rest());
  if (fields.take("File:")) return files_.act(debugger_->machine().kernel(), fields.rest());
  return {};
}

Server::Reply Server::check_thread(std::string_view thread) const {
  Fields fields{thread};
  const auto id = thread_id(fields);
  const StopEvent& stop = debugger_->last_stop();
  return id && fields.empty() && id->matches(stop.pid, stop.tid) ? ok : no_process;
}

/// vCont: "ACTION[:THREAD];...". The first action that names the guest's thread is for it.
Server::Reply Server::resume_all(std::string_view actions) {
  const StopEvent& stop = debugger_->last_stop();
  Fields fields{actions};
  while (!fields.empty()) {
    Fields one{fields.until(';')};
    const char action = one.empty() ? '?' : one.rest().front();
    static_cast<void>(one.take(action));
    const auto signal = action == 'C' || action == 'S' ? one.number() : 0;
    const auto id = one.take(':') ? thread_id(one) : std::optional{ThreadId{}};
    if (!signal || !id || !one.empty()) return bad_request;
    if (id->matches(stop.pid, stop.tid)) return resume_by(action, *signal);
  }
  return bad_request;
}

/// `signal` is what the guest gets: the one that it stopped for, none, or another one.
Server::Reply Server::resume_by(char action, std::uint64_t signal) {
  const bool step = action == 's' || action == 'S';
  if (!step && action != 'c' && action != 'C') return bad_request;
  const auto& stopped = debugger_->last_stop().signal;
  const bool same = stopped && signal == static_cast<std::uint64_t>(gdb_signal(stopped->signo));
  if (signal != 0 && !same) {
    const auto number = linux_signal(signal);
    if (!number) return bad_request;
    kernel::Kernel& kernel = debugger_->machine().kernel();
    kernel.raise({.signo = *number, .code = kernel::si_user});
    if ((kernel.current().pending & kernel::signal_bit(*number)) != 0) injected_ = static_cast<int>(signal);
  }
  reply_owed_ = true;
  resume_ = Resume{.kind = step ? ResumeKind::step : ResumeKind::proceed, .drop_signal = !same};
  return {};
}

/// Z and z: type, address, kind, which of a watchpoint is its length.
Server::Reply Server::change_point(std::string_view arguments, bool insert) {
  Fields fields{arguments};
  const auto type = fields.number();
  if (!type || !fields.take(',')) return bad_request;
  const auto place = memory_range(fields);
  if (!place) return bad_request;
  const VirtAddr start{static_cast<std::uint32_t>(place->address)};
  Point point{.kind = PointKind::breakpoint, .range = {start, start + 1U}};
  if (*type <= 1) {
    const auto code = code_place(start, place->length);
    if (!code) return bad_request;
    point.range = {code->va, code->va + 1U};
    point.set = code->set;
  } else if (const auto kind = watch_kind(*type)) {
    const VirtAddr end = start + place->length;
    if (end <= start) return bad_request;
    point.kind = PointKind::watch;
    point.range = {start, end};
    point.watch = *kind;
  } else {
    return {};
  }
  const auto same = [&](const Point& other) {
    return other.number == 0 && other.kind == point.kind && other.range == point.range && other.watch == point.watch;
  };
  debugger_->points().remove_if(same);  // inserting is idempotent
  if (insert) debugger_->points().add(std::move(point), Points::Owner::gdb);
  return ok;
}

/// QCatchSyscalls:0, :1, :1;NUMBER;...
Server::Reply Server::catch_syscalls(std::string_view arguments) {
  debugger_->points().remove_if(
      [](const Point& point) { return point.number == 0 && point.kind == PointKind::syscall; });
  Fields fields{arguments};
  if (fields.take('0')) return ok;
  if (!fields.take('1')) return bad_request;
  if (fields.empty()) debugger_->points().add({.kind = PointKind::syscall}, Points::Owner::gdb);
  while (fields.take(';')) {
    const auto number = fields.number();
    if (!number) return bad_request;
    debugger_->points().add({.kind = PointKind::syscall, .syscall = static_cast<std::uint32_t>(*number)},
                            Points::Owner::gdb);
  }
  return ok;
}

}  // namespace lpaemu::emu::gdb
