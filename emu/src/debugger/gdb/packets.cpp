#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "lpaemu/emu/debugger/gdb_packets.h"

namespace lpaemu::emu::gdb {
namespace {

constexpr char interrupt_byte = 0x03;
constexpr char escape_byte = '}';
constexpr unsigned char escape_flip = 0x20;
constexpr std::size_t checksum_digits = 2;
constexpr std::string_view hex_digits = "0123456789abcdef";

unsigned checksum(std::string_view text) {
  unsigned sum = 0;
  for (const char c : text) sum += static_cast<unsigned char>(c);
  return sum & 0xff;
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string unescape(std::string_view text) {
  std::string plain;
  plain.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool escaped = text[i] == escape_byte && i + 1 < text.size();
    plain += escaped ? static_cast<char>(static_cast<unsigned char>(text[++i]) ^ escape_flip) : text[i];
  }
  return plain;
}

bool has_meaning(char c) { return c == '#' || c == '$' || c == '}' || c == '*'; }

}  // namespace

bool PacketReader::take_interrupt() {
  const std::size_t at = bytes_.find_first_not_of('+');
  if (at == std::string::npos || bytes_[at] != interrupt_byte) return false;
  bytes_.erase(0, at + 1);
  return true;
}

std::optional<Input> PacketReader::next() {
  using Kind = Input::Kind;
  while (!bytes_.empty()) {
    const char first = bytes_.front();
    if (first != '$') {
      bytes_.erase(0, 1);
      if (first == '+') return Input{Kind::ack};
      if (first == '-') return Input{Kind::nack};
      if (first == interrupt_byte) return Input{Kind::interrupt};
      continue;
    }
    const std::size_t end = bytes_.find('#');
    if (end == std::string::npos || end + checksum_digits >= bytes_.size()) {
      if (bytes_.size() <= longest) return std::nullopt;
      bytes_.clear();
      return Input{Kind::bad_checksum};
    }
    const std::string raw = bytes_.substr(1, end - 1);
    const int high = hex_value(bytes_[end + 1]);
    const int low = hex_value(bytes_[end + 2]);
    bytes_.erase(0, end + 1 + checksum_digits);
    if (check_ && (high < 0 || low < 0 || static_cast<unsigned>(high * 16 + low) != checksum(raw)))
      return Input{Kind::bad_checksum};
    return Input{Kind::packet, unescape(raw)};
  }
  return std::nullopt;
}

std::string frame(std::string_view payload) {
  const unsigned sum = checksum(payload);
  std::string packet{"$"};
  packet += payload;
  packet += '#';
  packet += hex_digits[sum >> 4U];
  packet += hex_digits[sum & 0xfU];
  return packet;
}

std::string escape(std::span<const std::byte> data) {
  std::string text;
  text.reserve(data.size());
  for (const std::byte byte : data) {
    const auto c = static_cast<char>(byte);
    if (has_meaning(c)) {
      text += escape_byte;
      text += static_cast<char>(static_cast<unsigned char>(c) ^ escape_flip);
    } else {
      text += c;
    }
  }
  return text;
}

std::string to_hex(std::span<const std::byte> data) {
  std::string text;
  text.reserve(data.size() * 2);
  for (const std::byte byte : data) {
    text += hex_digits[std::to_integer<unsigned>(byte) >> 4U];
    text += hex_digits[std::to_integer<unsigned>(byte) & 0xfU];
  }
  return text;
}

std::string to_hex(std::string_view text) { return to_hex(std::as_bytes(std::span{text})); }

std::string number_to_hex(std::uint64_t value, std::size_t bytes) {
  std::string text;
  for (; bytes > 0; --bytes, value >>= 8U) {
    const std::byte byte{static_cast<std::uint8_t>(value)};
    text += to_hex(std::span{&byte, 1});
  }
  return text;
}

std::string hex_number(std::uint64_t value) { return fmt::format("{:x}", value); }

std::optional<std::vector<std::byte>> from_hex(std::string_view text) {
  if (text.size() % 2 != 0) return std::nullopt;
  std::vector<std::byte> bytes;
  bytes.reserve(text.size() / 2);
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const int high = hex_value(text[i]);
    const int low = hex_value(text[i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    bytes.push_back(static_cast<std::byte>(high * 16 + low));
  }
  return bytes;
}

std::optional<std::uint64_t> Fields::number() {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), value, 16);
  if (error != std::errc{}) return std::nullopt;
  rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
  return value;
}

bool Fields::take(char c) {
  if (!rest_.starts_with(c)) return false;
  rest_.remove_prefix(1);
  return true;
}

bool Fields::take(std::string_view word) {
  if (!rest_.starts_with(word)) return false;
  rest_.remove_prefix(word.size());
  return true;
}

std::string_view Fields::until(char separator) {
  const std::size_t end = rest_.find(separator);
  const std::string_view field = rest_.substr(0, end);
  rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end + 1);
  return field;
}

std::optional<MemoryRange> memory_range(Fields& fields, std::uint64_t top) {
  const auto address = fields.number();
  if (!address || *address >= top || !fields.take(',')) return std::nullopt;
  const auto length = fields.number();
  if (!length || *length > PacketReader::longest || *address + *length > top) return std::nullopt;
  return MemoryRange{*address, static_cast<std::uint32_t>(*length)};
}

std::optional<ThreadId> thread_id(Fields& fields) {
  constexpr std::int64_t all = -1;
  const auto one = [&]() -> std::optional<std::int64_t> {
    if (fields.take("-1")) return all;
    const auto number = fields.number();
    if (!number || *number > INT32_MAX) return std::nullopt;
    return static_cast<std::int64_t>(*number);
  };
  if (!fields.take('p')) {
    const auto tid = one();
    return tid ? std::optional{ThreadId{.pid = 0, .tid = *tid}} : std::nullopt;
  }
  const auto pid = one();
  const auto tid = pid && fields.take('.') ? one() : pid ? std::optional{all} : std::nullopt;
  if (!tid) return std::nullopt;
  return ThreadId{.pid = *pid, .tid = *tid};
}

std::optional<std::string> part_of(std::string_view document, std::string_view range) {
  Fields fields{range};
  const auto offset = fields.number();
  if (!offset || !fields.take(',')) return std::nullopt;
  const auto length = fields.number();
  if (!length || !fields.empty()) return std::nullopt;
  if (*offset >= document.size()) return "l";
  const std::string_view part = document.substr(*offset, std::min<std::uint64_t>(*length, PacketReader::longest));
  return (*offset + part.size() == document.size() ? "l" : "m") + escape(std::as_bytes(std::span{part}));
}

}  // namespace lpaemu::emu::gdb
