// When the server talks and when it listens. What packets do is in the other files.
#include <algorithm>

#include "lpaemu/emu/debugger/commands.h"
#include "lpaemu/emu/debugger/gdb_server.h"
#include "replies.h"
#include "signals.h"

namespace lpaemu::emu::gdb {
namespace {

constexpr int most_resends = 8;  // of one packet; a GDB gives up after three

bool set_by_gdb(const Point& point) { return point.number == 0; }

/// Whether a GDB has no words of its own for such a stop.
bool needs_words(const StopEvent& event) {
  switch (event.kind) {
    case StopKind::fault:
    case StopKind::pte_change:
    case StopKind::signal: return true;
    case StopKind::exited: return false;
    default: return std::ranges::any_of(event.points, [](int number) { return number != 0; });
  }
}

}  // namespace

void Server::set_guest(Debugger& debugger) {
  debugger_ = &debugger;
  debugger_->points() = std::exchange(points_, {});
  attached_ = true;
}

void Server::guest_ended() {
  files_.close_all();
  points_ = for_next_guest(std::exchange(debugger_->points(), {}));  // a GDB sets its own again
  debugger_ = nullptr;
  monitor_owed_ = physical_ = interrupt_owed_ = false;
  injected_.reset();
  resume_.reset();
}

std::optional<ProgramRequest> Server::next_program() {
  while (!wanted_ && extended_ && connections_.connected()) {
    if (serve_input()) continue;
    const std::string bytes = connections_.receive();
    if (bytes.empty()) break;
    reader_.feed(bytes);
  }
  return std::exchange(wanted_, std::nullopt);
}

void Server::refuse_program(const Error& error) {
  reply_owed_ = false;
  send("E." + error.message);
}

Resume Server::go(Resume resume) {
  last_resume_ = resume;
  connections_.interrupt_on_input(true);
  // What has come already causes none. [gdb doc, Interrupts]
  interrupt_owed_ = attached_ && (reader_.take_interrupt() || interrupt_owed_);
  if (interrupt_owed_) debugger_->machine().interrupt();
  return resume;
}

Resume Server::on_stop(const StopEvent& event) {
  connections_.interrupt_on_input(false);
  if (event.kind == StopKind::exited) {
    end_reply_ = stop_reply(event);
    if (connections_.connected() && attached_) report(event);
    return {};
  }
  if (is_over_()) return {.kind = ResumeKind::kill};
  const bool started = event.kind == StopKind::started;
  if (started && at_start_ == AtStart::run && !reply_owed_) return go({});
  if (!connections_.connected()) {
    if (started && !connections_.accept()) return {.kind = ResumeKind::kill};
    if (!started && !connections_.accept_ready()) return go({});
    return serve();
  }
  if (!attached_) return serve_detached(event);
  if (passes(event)) return go({.kind = last_resume_.kind});
  if (event.kind == StopKind::interrupted && !client_wants_stop())
    return connections_.connected() ? go(last_resume_) : client_gone();
  if (event.kind == StopKind::syscall_entry) call_of_gdb_ = of_gdb(event);
  report(event);
  return serve();
}

/// A byte of a client that waits for its stop reply can only be Ctrl-C; a second client alone stops nothing.
bool Server::client_wants_stop() {
  reader_.feed(connections_.receive_ready());
  bool wants = std::exchange(interrupt_owed_, false);
  while (const auto input = reader_.next()) wants = wants || input->kind == Input::Kind::interrupt;
  return wants && connections_.connected();
}

/// Whether the guest is to get this signal without a word to the client.
bool Server::passes(const StopEvent& event) {
  if (event.kind != StopKind::signal) return false;
  const int signal = gdb_signal(event.signal->signo);
  if (injected_ == signal) {
    injected_.reset();
    return true;
  }
  return pass_.contains(signal);
}

/// An extended client that has detached may attach again while the guest runs.
Resume Server::serve_detached(const StopEvent& event) {
  if (event.kind != StopKind::interrupted) return go({});
  reader_.feed(connections_.receive_ready());
  resume_.reset();
  while (serve_input()) {
    if (resume_) return go(*resume_);
    if (attached_) return serve();
  }
  return connections_.connected() ? go({}) : client_gone();
}

void Server::report(const StopEvent& event) {
  if (std::exchange(monitor_owed_, false)) {
    send_console(describe_stop(*debugger_, event));
    send(ok);
    return;
  }
  if (!std::exchange(reply_owed_, false)) return;
  // The return of a call that the client has not caught itself.
  const bool other_return = event.kind == StopKind::syscall_return && !call_of_gdb_;
  if (other_return || needs_words(event)) send_console(describe_stop(*debugger_, event));
  send(stop_reply(event));
}

Resume Server::serve() {
  resume_.reset();
  while (!resume_) {
    if (serve_input()) continue;
    const std::string bytes = connections_.receive();
    if (bytes.empty()) return client_gone();
    reader_.feed(bytes);
  }
  return go(*resume_);
}

bool Server::serve_input() {
  const auto input = reader_.next();
  if (!input) return false;
  switch (input->kind) {
    case Input::Kind::ack: break;
    case Input::Kind::interrupt: interrupt_owed_ = has_guest(); break;
    case Input::Kind::nack: send_again(); break;
    case Input::Kind::bad_checksum:
      if (acks_) connections_.send("-");
      break;
    case Input::Kind::packet:
      if (acks_) connections_.send("+");
      const std::string reply = act(input->payload);
      if ((!resume_ && !wanted_) || !reply.empty()) send(reply);
      break;
  }
  return true;
}

void Server::forget_client() {
  connections_.disconnect();
  if (debugger_ != nullptr) debugger_->points().remove_if(set_by_gdb);
  reader_ = PacketReader{};
  last_sent_.clear();
  acks_ = attached_ = true;
  multiprocess_ = swbreak_ = extended_ = physical_ = reply_owed_ = monitor_owed_ = interrupt_owed_ = false;
  pass_.clear();
  program_.reset();
  files_.close_all();
}

/// The connection broke: a guest that waited for a debugger waits for another one; one that did not goes on.
Resume Server::client_gone() {
  const bool runs_on = at_start_ == AtStart::run || !attached_;
  forget_client();
  if (runs_on) {
    debugger_->points().remove_if([](const Point&) { return true; });
    return go({});
  }
  if (!connections_.accept()) return Resume{.kind = ResumeKind::kill};
  return serve();
}

void Server::send(std::string_view payload) {
  last_sent_ = frame(payload);
  resends_left_ = most_resends;
  connections_.send(last_sent_);
}

/// The client has not understood. One that never does is not listened to: it would get more than it sends.
void Server::send_again() {
  if (!acks_ || resends_left_ == 0) return;
  --resends_left_;
  connections_.send(last_sent_);
}

void Server::send_console(std::string_view text) {
  constexpr std::size_t piece = 4096;  // of a packet that any client takes
  for (std::size_t at = 0; at < text.size(); at += piece) send("O" + to_hex(text.substr(at, piece)));
}

}  // namespace lpaemu::emu::gdb
