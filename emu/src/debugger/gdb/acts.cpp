// Packets on registers, memory, points, and how the guest goes on.
#include <fmt/format.h>

#include <ranges>

#include "lpaemu/emu/debugger/gdb_server.h"
#include "lpaemu/emu/machine/guest_memory.h"
#include "registers.h"
#include "signals.h"

namespace lpaemu::emu::gdb {
namespace {

constexpr const char* ok = "OK";
constexpr const char* bad_request = "E22";  // EINVAL
constexpr const char* bad_memory = "E14";   // EFAULT

std::optional<std::uint64_t> little_endian(std::string_view hex) {
  const auto bytes = from_hex(hex);
  if (!bytes || bytes->size() > sizeof(std::uint64_t)) return std::nullopt;
  std::uint64_t value = 0;
  for (const std::byte byte : std::views::reverse(*bytes)) value = value << 8U | std::to_integer<unsigned>(byte);
  return value;
}

std::optional<WatchKind> watch_kind(std::uint64_t type) {
  switch (type) {
    case 2: return WatchKind::write;
    case 3: return WatchKind::read;
    case 4: return WatchKind::access;
    default: return std::nullopt;
  }
}

}  // namespace

Server::Reply Server::act(const std::string& packet) {
  if (packet.empty()) return {};
  const std::string_view rest = std::string_view{packet}.substr(1);
  Fields fields{rest};
  switch (packet.front()) {
    case '?': return stop_reply({.kind = StopKind::stepped});
    case '!': return {};
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
    case 's':
    case 'C':
    case 'S': {
      const std::uint64_t signal = packet.front() < 'a' ? fields.number().value_or(0) : 0;
      return resume_by(packet.front(), signal);
    }
    case 'D':
      send(ok);
      forget_client();
      resume_ = Resume{};
      return {};
    case 'k':
      killed_ = true;
      resume_ = Resume{.kind = ResumeKind::kill};
      return {};
    case 'H':
    case 'T': return ok;
    case 'q': return act_on_query(rest);
    case 'Q': return act_on_set(rest);
    case 'v': return act_on_v(rest);
    default: return {};
  }
}

Server::Reply Server::resume_by(char action, std::uint64_t signal) {
  const bool step = action == 's' || action == 'S';
  reply_owed_ = true;
  resume_ = Resume{.kind = step ? ResumeKind::step : ResumeKind::proceed, .drop_signal = signal == 0};
  return {};
}

Server::Reply Server::act_on_v(std::string_view packet) {
  Fields fields{packet};
  if (packet == "Cont?") return "vCont;c;C;s;S";
  if (fields.take("Cont;")) {
    // One thread: the first action is for it, whomever it names.
    const std::string_view first = fields.until(';');
    Fields action{first};
    for (const char c : {'c', 's', 'C', 'S'})
      if (action.take(c)) return resume_by(c, c < 'a' ? action.number().value_or(0) : 0);
    return bad_request;
  }
  if (fields.take("Kill;")) {
    killed_ = true;
    resume_ = Resume{.kind = ResumeKind::kill};
    return ok;
  }
  if (fields.take("File:")) return act_on_file(fields.rest());
  return {};
}

Server::Reply Server::read_registers() {
  const auto rows = register_rows(debugger_);
  const auto values = register_values(debugger_);
  std::string reply;
  for (std::size_t i = 0; i < rows.size(); ++i) reply += number_to_hex(values[i], rows[i].bytes);
  return reply;
}

/// Registers that are not the user's keep their values, whatever they are given.
Server::Reply Server::write_registers(std::string_view hex) {
  for (const RegisterRow& row : register_rows(debugger_)) {
    const std::size_t digits = std::size_t{row.bytes} * 2;
    if (hex.size() < digits) break;
    const auto value = little_endian(hex.substr(0, digits));
    if (!value) return bad_request;
    static_cast<void>(set_register(debugger_, row.number, *value));
    hex.remove_prefix(digits);
  }
  return ok;
}

Server::Reply Server::read_register(std::string_view arguments) {
  Fields fields{arguments};
  const auto number = fields.number();
  const auto rows = register_rows(debugger_);
  const auto values = register_values(debugger_);
  for (std::size_t i = 0; number && i < rows.size(); ++i)
    if (rows[i].number == *number) return number_to_hex(values[i], rows[i].bytes);
  return bad_request;
}

Server::Reply Server::write_register(std::string_view arguments) {
  Fields fields{arguments};
  const auto number = fields.number();
  if (!number || *number > 0xffff || !fields.take('=')) return bad_request;
  const auto value = little_endian(fields.rest());
  return value && set_register(debugger_, static_cast<unsigned>(*number), *value) ? ok : bad_request;
}

Server::Reply Server::read_memory(std::string_view arguments, bool binary) {
  Fields fields{arguments};
  const auto range = memory_range(fields);
  if (!range) return bad_request;
  std::vector<std::byte> bytes(range->length);
  bytes.resize(peek(debugger_.mm(), VirtAddr{range->address}, bytes));
  if (bytes.empty() && range->length != 0) return bad_memory;
  return binary ? "b" + escape(bytes) : to_hex(bytes);
}

Server::Reply Server::write_memory(std::string_view arguments, bool binary) {
  Fields fields{arguments};
  const auto range = memory_range(fields);
  if (!range || !fields.take(':')) return bad_request;
  std::vector<std::byte> bytes;
  if (binary) {
    const auto data = std::as_bytes(std::span{fields.rest()});
    bytes.assign(data.begin(), data.end());
  } else if (auto data = from_hex(fields.rest())) {
    bytes = std::move(*data);
  }
  if (bytes.size() != range->length) return bad_request;
  return poke(debugger_.mm(), VirtAddr{range->address}, bytes) == bytes.size() ? ok : bad_memory;
}

/// Z and z: type, address, kind. A kind of 2 or 3 is Thumb, of a watchpoint its length.
Server::Reply Server::change_point(std::string_view arguments, bool insert) {
  Fields fields{arguments};
  const auto type = fields.number();
  if (!type || !fields.take(',')) return bad_request;
  const auto place = memory_range(fields);
  if (!place) return bad_request;
  const VirtAddr start{place->address};
  Point point{.kind = PointKind::breakpoint, .range = {start, start + 1U}};
  if (*type <= 1) {
    point.set = place->length == 4 ? InstructionSet::arm : InstructionSet::thumb;
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
  debugger_.points().remove_if(same);  // inserting is idempotent
  if (insert) debugger_.points().add(std::move(point), Points::Owner::gdb);
  return ok;
}

/// QCatchSyscalls:0, :1, :1;NUMBER;...
Server::Reply Server::catch_syscalls(std::string_view arguments) {
  debugger_.points().remove_if(
      [](const Point& point) { return point.number == 0 && point.kind == PointKind::syscall; });
  Fields fields{arguments};
  if (fields.take('0')) return ok;
  if (!fields.take('1')) return bad_request;
  if (fields.empty()) debugger_.points().add({.kind = PointKind::syscall}, Points::Owner::gdb);
  while (fields.take(';')) {
    const auto number = fields.number();
    if (!number) return bad_request;
    debugger_.points().add({.kind = PointKind::syscall, .syscall = static_cast<std::uint32_t>(*number)},
                           Points::Owner::gdb);
  }
  return ok;
}

}  // namespace lpaemu::emu::gdb
