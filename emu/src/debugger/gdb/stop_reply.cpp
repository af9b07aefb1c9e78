// How a stop is told. [gdb doc, Stop Reply Packets]
#include <fmt/format.h>

#include <algorithm>

#include "lpaemu/emu/debugger/gdb_server.h"
#include "signals.h"

namespace lpaemu::emu::gdb {
namespace {

std::string exit_reply(Debugger& debugger) {
  const kernel::ExitReport& report = debugger.machine().kernel().exit_report();
  if (report.killed) return fmt::format("X{:02x}", gdb_signal(report.info.signo));
  return fmt::format("W{:02x}", report.status);
}

std::string_view watch_name(Debugger& debugger, VirtAddr va) {
  const Point* owner = nullptr;
  for (const Point& point : debugger.points().all())
    if (point.kind == PointKind::watch && point.range.start == va) owner = &point;
  if (owner == nullptr || owner->watch == WatchKind::write) return "watch";
  return owner->watch == WatchKind::read ? "rwatch" : "awatch";
}

}  // namespace

std::string Server::thread_name() const {
  const StopEvent& stop = debugger_->last_stop();
  return multiprocess_ ? fmt::format("p{:x}.{:x}", stop.pid, stop.tid) : fmt::format("{:x}", stop.tid);
}

bool Server::of_gdb(const StopEvent& event) const {
  if (event.kind == StopKind::syscall_return) return call_of_gdb_;
  return std::ranges::find(event.points, 0) != event.points.end();
}

std::string Server::stop_reply(const StopEvent& event) const {
  constexpr int trap = 5, interrupt = 2;
  if (event.kind == StopKind::exited)
    return exit_reply(*debugger_) + (multiprocess_ ? fmt::format(";process:{:x}", event.pid) : std::string{});
  const int signal = event.signal                          ? gdb_signal(event.signal->signo)
                     : event.kind == StopKind::interrupted ? interrupt
                                                           : trap;
  std::string reply = fmt::format("T{:02x}thread:{};", signal, thread_name());
  // A GDB goes on by itself from a point that it has not set.
  if (!of_gdb(event)) return reply;
  if (event.kind == StopKind::breakpoint && swbreak_) reply += "swbreak:;";
  if (event.watch) reply += fmt::format("{}:{:x};", watch_name(*debugger_, event.watch->va), event.watch->va.raw());
  if (event.kind == StopKind::syscall_entry) reply += fmt::format("syscall_entry:{:x};", event.syscall);
  if (event.kind == StopKind::syscall_return) reply += fmt::format("syscall_return:{:x};", event.syscall);
  return reply;
}

}  // namespace lpaemu::emu::gdb
