// When the server talks and when it listens; packets are acted on in acts.cpp and queries.cpp.
#include <fmt/format.h>

#include <algorithm>

#include "lpaemu/emu/debugger/commands.h"
#include "lpaemu/emu/debugger/gdb_server.h"
#include "signals.h"

namespace lpaemu::emu::gdb {

Resume Server::go(Resume resume) {
  last_resume_ = resume;
  connections_.interrupt_on_input(true);
  return resume;
}

Resume Server::on_stop(const StopEvent& event) {
  connections_.interrupt_on_input(false);
  if (is_over_() && event.kind != StopKind::exited) return {.kind = ResumeKind::kill};
  if (event.kind == StopKind::started && at_start_ == AtStart::run) return go({});
  if (event.kind == StopKind::interrupted && connections_.connected() && !client_wants_stop()) return go(last_resume_);
  if (event.kind == StopKind::exited && !connections_.connected()) return {};
  if (!connections_.connected() && event.kind == StopKind::signal) return go({});
  if (!connections_.connected() && !connections_.accept()) {
    // Nobody will ever come: without a debugger the guest runs on, or has no reason to begin.
    return event.kind == StopKind::started ? Resume{.kind = ResumeKind::kill} : Resume{.kind = ResumeKind::detach};
  }
  report(event);
  if (event.kind == StopKind::exited) return {};
  return serve();
}

/// A byte of a client that waits for its stop reply can only be Ctrl-C; a second client alone stops nothing.
bool Server::client_wants_stop() {
  reader_.feed(connections_.receive_ready());
  bool wants = !connections_.connected();
  while (const auto input = reader_.next()) wants = wants || input->kind == Input::Kind::interrupt;
  return wants;
}

void Server::report(const StopEvent& event) {
  const bool ours = event.kind != StopKind::started && event.kind != StopKind::stepped &&
                    event.kind != StopKind::exited && event.kind != StopKind::breakpoint &&
                    event.kind != StopKind::watchpoint && event.kind != StopKind::interrupted;
  if (std::exchange(monitor_owed_, false)) {
    send_console(describe_stop(debugger_, event));
    send("OK");
    return;
  }
  if (!std::exchange(reply_owed_, false)) return;
  const bool of_user = std::ranges::any_of(event.points, [](int number) { return number != 0; });
  if (ours || of_user) send_console(describe_stop(debugger_, event));
  send(stop_reply(event));
}

Resume Server::serve() {
  resume_.reset();
  while (true) {
    const auto input = reader_.next();
    if (!input) {
      const std::string bytes = connections_.receive();
      if (bytes.empty()) return client_gone();
      reader_.feed(bytes);
      continue;
    }
    switch (input->kind) {
      case Input::Kind::ack:
      case Input::Kind::interrupt: break;
      case Input::Kind::nack: connections_.send(last_sent_); break;
      case Input::Kind::bad_checksum:
        if (acks_) connections_.send("-");
        break;
      case Input::Kind::packet:
        if (acks_) connections_.send("+");
        const std::string reply = act(input->payload);
        if (!resume_ || !reply.empty()) send(reply);
        break;
    }
    if (resume_) return go(*resume_);
  }
}

void Server::forget_client() {
  connections_.disconnect();
  debugger_.points().remove_if([](const Point& point) { return point.number == 0; });
  reader_ = PacketReader{};
  acks_ = true;
  multiprocess_ = swbreak_ = reply_owed_ = monitor_owed_ = false;
  files_.clear();
}

/// The connection broke: a guest that waited for a debugger waits for another one; one that did not goes on.
Resume Server::client_gone() {
  forget_client();
  if (at_start_ == AtStart::run) return go({});
  if (!connections_.accept()) return Resume{.kind = ResumeKind::kill};
  return serve();
}

void Server::send(std::string_view payload) {
  last_sent_ = frame(payload);
  connections_.send(last_sent_);
}

void Server::send_console(std::string_view text) {
  constexpr std::size_t piece = 4096;  // of a packet that any client takes
  for (std::size_t at = 0; at < text.size(); at += piece) send("O" + to_hex(text.substr(at, piece)));
}

std::string Server::thread_id() const {
  const StopEvent& stop = debugger_.last_stop();
  return multiprocess_ ? fmt::format("p{:x}.{:x}", stop.pid, stop.tid) : fmt::format("{:x}", stop.tid);
}

std::string Server::stop_reply(const StopEvent& event) const {
  constexpr int trap = 5, interrupt = 2;
  const std::string process = multiprocess_ ? fmt::format(";process:{:x}", event.pid) : std::string{};
  if (event.kind == StopKind::exited) {
    const kernel::ExitReport& report = debugger_.machine().kernel().exit_report();
    if (report.killed) return fmt::format("X{:02x}{}", gdb_signal(report.info.signo), process);
    return fmt::format("W{:02x}{}", report.status, process);
  }
  const int signal = event.signal                          ? gdb_signal(event.signal->signo)
                     : event.kind == StopKind::interrupted ? interrupt
                                                           : trap;
  std::string reply = fmt::format("T{:02x}thread:{};", signal, thread_id());
  if (event.kind == StopKind::breakpoint && swbreak_) reply += "swbreak:;";
  if (event.watch) {
    const Point* owner = nullptr;
    for (const Point& point : debugger_.points().all())
      if (point.kind == PointKind::watch && point.range.start == event.watch->va) owner = &point;
    const char* const kind = owner == nullptr || owner->watch == WatchKind::write ? "watch"
                             : owner->watch == WatchKind::read                    ? "rwatch"
                                                                                  : "awatch";
    reply += fmt::format("{}:{:x};", kind, event.watch->va.raw());
  }
  if (event.kind == StopKind::syscall_entry) reply += fmt::format("syscall_entry:{:x};", event.syscall);
  if (event.kind == StopKind::syscall_return) reply += fmt::format("syscall_return:{:x};", event.syscall);
  return reply;
}

}  // namespace lpaemu::emu::gdb
