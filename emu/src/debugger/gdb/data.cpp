// Packets on registers and memory.
#include <algorithm>
#include <cstring>

#include "lpaemu/emu/debugger/gdb_server.h"
#include "lpaemu/emu/machine/guest_memory.h"
#include "physical_memory.h"
#include "registers.h"
#include "replies.h"

namespace lpaemu::emu::gdb {
namespace {

constexpr std::uint64_t physical_top = std::uint64_t{1} << 40;

constexpr std::size_t half = sizeof(RegisterValue::low);

std::optional<RegisterValue> little_endian(std::string_view hex) {
  const auto bytes = from_hex(hex);
  if (!bytes || bytes->size() > 2 * half) return std::nullopt;
  RegisterValue value;
  for (std::size_t i = bytes->size(); i-- > 0;) {
    std::uint64_t& word = i < half ? value.low : value.high;
    word = word << 8U | std::to_integer<unsigned>((*bytes)[i]);
  }
  return value;
}

std::string hex_of(const RegisterRow& row, const RegisterValue& value) {
  if (row.bytes <= half) return number_to_hex(value.low, row.bytes);
  return number_to_hex(value.low, half) + number_to_hex(value.high, row.bytes - half);
}

VirtAddr virtual_address(const MemoryRange& range) { return VirtAddr{static_cast<std::uint32_t>(range.address)}; }

}  // namespace

Server::Reply Server::read_registers() {
  const auto rows = register_rows(*debugger_);
  const auto values = register_values(*debugger_);
  std::string reply;
  for (std::size_t i = 0; i < rows.size(); ++i) reply += hex_of(rows[i], values[i]);
  return reply;
}

/// Registers that are not the user's keep their values, whatever they are given; NEON's are what their halves are
/// given.
Server::Reply Server::write_registers(std::string_view hex) {
  for (const RegisterRow& row : register_rows(*debugger_)) {
    const std::size_t digits = std::size_t{row.bytes} * 2;
    if (hex.size() < digits) break;
    const auto value = little_endian(hex.substr(0, digits));
    if (!value) return bad_request;
    if (row.bytes <= half) static_cast<void>(set_register(*debugger_, row.number, *value));
    hex.remove_prefix(digits);
  }
  return ok;
}

Server::Reply Server::read_register(std::string_view arguments) {
  Fields fields{arguments};
  const auto number = fields.number();
  const auto rows = register_rows(*debugger_);
  const auto values = register_values(*debugger_);
  for (std::size_t i = 0; number && i < rows.size(); ++i)
    if (rows[i].number == *number) return hex_of(rows[i], values[i]);
  return bad_request;
}

Server::Reply Server::write_register(std::string_view arguments) {
  Fields fields{arguments};
  const auto number = fields.number();
  if (!number || *number > 0xffff || !fields.take('=')) return bad_request;
  const auto value = little_endian(fields.rest());
  return value && set_register(*debugger_, static_cast<unsigned>(*number), *value) ? ok : bad_request;
}

std::optional<MemoryRange> Server::range_of(Fields& fields) const {
  return memory_range(fields, physical_ ? physical_top : virtual_top);
}

/// As many of the bytes as there are.
std::vector<std::byte> Server::read_bytes(const MemoryRange& range) {
  std::vector<std::byte> bytes(range.length);
  kernel::mm_struct& mm = debugger_->mm();
  bytes.resize(physical_ ? read_physical(mm.memory(), mmu::PhysAddr{range.address}, bytes)
                         : peek(mm, virtual_address(range), bytes));
  return bytes;
}

Server::Reply Server::read_memory(std::string_view arguments, bool binary) {
  Fields fields{arguments};
  const auto range = range_of(fields);
  if (!range || !fields.empty()) return bad_request;
  const auto bytes = read_bytes(*range);
  if (bytes.empty() && range->length != 0) return bad_memory;
  return binary ? "b" + escape(bytes) : to_hex(bytes);
}

Server::Reply Server::write_memory(std::string_view arguments, bool binary) {
  Fields fields{arguments};
  const auto range = range_of(fields);
  if (!range || !fields.take(':')) return bad_request;
  std::vector<std::byte> bytes;
  if (binary) {
    const auto data = std::as_bytes(std::span{fields.rest()});
    bytes.assign(data.begin(), data.end());
  } else if (auto data = from_hex(fields.rest())) {
    bytes = std::move(*data);
  }
  if (bytes.size() != range->length) return bad_request;
  const std::size_t done = physical_
                               ? write_physical(debugger_->machine().kernel(), mmu::PhysAddr{range->address}, bytes)
                               : poke(debugger_->mm(), virtual_address(*range), bytes);
  return done == bytes.size() ? ok : bad_memory;
}

/// ADDR;LENGTH;PATTERN
Server::Reply Server::search_memory(std::string_view arguments) {
  constexpr std::uint64_t piece = 1U << 16;
  Fields fields{arguments};
  const std::uint64_t top = physical_ ? physical_top : virtual_top;
  const std::uint64_t start = fields.number().value_or(top);
  if (start >= top || !fields.take(';')) return bad_request;
  const std::uint64_t length = fields.number().value_or(top);
  if (length > top - start || !fields.take(';') || fields.empty()) return bad_request;
  const std::string_view pattern = fields.rest();
  for (std::uint64_t at = start, left = length; left >= pattern.size();) {
    const std::uint64_t wanted = std::min<std::uint64_t>(left, piece + pattern.size() - 1);  // matches may straddle
    const auto bytes = read_bytes({.address = at, .length = static_cast<std::uint32_t>(wanted)});
    const std::string_view text{reinterpret_cast<const char*>(bytes.data()), bytes.size()};
    if (const std::size_t found = text.find(pattern); found != std::string_view::npos)
      return "1," + hex_number(at + found);
    if (bytes.size() != wanted) return bad_memory;
    const std::uint64_t step = std::min(left, piece);
    at += step;
    left -= step;
  }
  return "0";
}

}  // namespace lpaemu::emu::gdb
