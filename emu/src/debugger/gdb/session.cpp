// Packets on the session itself: what is agreed, and which process it is about.
#include <fmt/format.h>

#include "lpaemu/emu/debugger/gdb_server.h"
#include "replies.h"
#include "signals.h"

namespace lpaemu::emu::gdb {
namespace {

/// "NUMBER;NUMBER;...": what is no number is left out.
std::set<int> signal_set(std::string_view list) {
  std::set<int> signals;
  Fields fields{list};
  while (!fields.empty()) {
    Fields one{fields.until(';')};
    if (const auto number = one.number(); number && *number <= INT32_MAX) signals.insert(static_cast<int>(*number));
  }
  return signals;
}

std::optional<std::string> text_of(std::string_view hex) {
  const auto bytes = from_hex(hex);
  if (!bytes) return std::nullopt;
  return std::string{reinterpret_cast<const char*>(bytes->data()), bytes->size()};
}

}  // namespace

Server::Reply Server::act(const std::string& packet) {
  if (packet.empty()) return {};
  if (auto reply = act_on_session(packet)) return std::move(*reply);
  if (has_guest()) return act_on_guest(packet);
  if (packet == "qfThreadInfo") return "l";
  if (packet == "?") return debugger_ == nullptr ? end_reply_ : "W00";
  if (packet.starts_with("qRcmd,")) {
    send_console("error: there is no guest; GDB's own `run` starts one\n");
    return ok;
  }
  constexpr std::string_view of_a_guest = "gGpPmMxXzZcsCSHTqv";
  const bool known = of_a_guest.find(packet.front()) != std::string_view::npos;
  return known && packet != "vMustReplyEmpty" && packet != "vCont?" ? no_process : "";
}

/// Nothing: the packet is on the guest.
std::optional<Server::Reply> Server::act_on_session(std::string_view packet) {
  Fields fields{packet};
  if (packet == "!") {
    extended_ = true;
    return ok;
  }
  if (packet == "D" || fields.take("D;")) return packet == "D" || is_pid(fields.rest()) ? detach() : no_process;
  if (packet == "k") return has_guest() ? kill({}) : no_process;
  if (fields.take("vKill;")) return is_pid(fields.rest()) && attached_ ? kill(ok) : no_process;
  if (fields.take("vAttach;")) return attach(fields.rest());
  if (fields.take("vRun;")) return run(fields.rest());
  if (fields.take("qSupported")) return supported(fields.rest());
  if (fields.take("qAttached")) return created_ ? "0" : "1";
  if (packet == "QStartNoAckMode") {
    acks_ = false;
    reader_.set_check(false);
    return ok;
  }
  if (fields.take("QPassSignals:")) {
    pass_ = signal_set(fields.rest());
    return ok;
  }
  if (fields.take("QProgramSignals:")) {
    program_ = signal_set(fields.rest());
    return ok;
  }
  return change_environment(packet);
}

/// [gdb doc, General Query Packets]
std::optional<Server::Reply> Server::change_environment(std::string_view packet) {
  Fields fields{packet};
  if (packet == "QEnvironmentReset") {
    environment_.clear();
  } else if (fields.take("QEnvironmentUnset:")) {
    const auto name = text_of(fields.rest());
    if (!name) return bad_request;
    environment_[*name] = std::nullopt;
  } else if (fields.take("QEnvironmentHexEncoded:")) {
    const auto text = text_of(fields.rest());
    const std::size_t end = text ? text->find('=') : std::string::npos;
    if (end == std::string::npos || end == 0) return bad_request;
    environment_[text->substr(0, end)] = text->substr(end + 1);
  } else {
    return std::nullopt;
  }
  return ok;
}

/// Not offered: a memory map, since a GDB then refuses what lies outside of it, and the guest's mappings come and go;
/// libraries-svr4, since a static program has no list of libraries. [gdb doc, General Query Packets]
Server::Reply Server::supported(std::string_view features) {
  multiprocess_ = features.find("multiprocess+") != std::string_view::npos;
  swbreak_ = features.find("swbreak+") != std::string_view::npos;
  return "PacketSize=10000;QStartNoAckMode+;vContSupported+;multiprocess+;swbreak+;hwbreak+;QCatchSyscalls+;"
         "QPassSignals+;QProgramSignals+;QEnvironmentHexEncoded+;QEnvironmentUnset+;QEnvironmentReset+;qXfer:features:"
         "read+;qXfer:auxv:read+;qXfer:exec-file:read+;"
         "qXfer:siginfo:read+;qXfer:threads:read+;binary-upload+";
}

bool Server::is_pid(std::string_view hex) const {
  Fields fields{hex};
  const auto pid = fields.number();
  return debugger_ != nullptr && pid && fields.empty() &&
         *pid == static_cast<std::uint64_t>(debugger_->last_stop().pid);
}

/// The guest goes on without stops. An extended client stays.
Server::Reply Server::detach() {
  if (!has_guest()) return no_process;
  const auto& signal = debugger_->last_stop().signal;
  resume_ = Resume{.drop_signal = signal && program_ && !program_->contains(gdb_signal(signal->signo))};
  debugger_->points().remove_if([](const Point&) { return true; });
  if (extended_) {
    attached_ = false;
    return ok;
  }
  send(ok);
  forget_client();
  return {};
}

Server::Reply Server::kill(Reply reply) {
  resume_ = Resume{.kind = ResumeKind::kill};
  end_reply_ = "X09";
  return reply;
}

Server::Reply Server::attach(std::string_view pid) {
  if (!is_pid(pid)) return no_process;
  attached_ = true;
  created_ = false;
  return stop_reply({.kind = StopKind::stepped});
}

/// vRun;PROGRAM;ARG;...: the guest of now ends, and the stop reply comes when the new one has started.
Server::Reply Server::run(std::string_view arguments) {
  Fields fields{arguments};
  const auto program = text_of(fields.until(';'));
  if (!program) return bad_request;
  ProgramRequest request{.program = *program, .args = {}, .environment = environment_};
  while (!fields.empty()) {
    const auto argument = text_of(fields.until(';'));
    if (!argument) return bad_request;
    request.args.push_back(*argument);
  }
  wanted_ = std::move(request);
  reply_owed_ = true;
  created_ = true;
  return debugger_ != nullptr ? kill({}) : "";
}

}  // namespace lpaemu::emu::gdb
