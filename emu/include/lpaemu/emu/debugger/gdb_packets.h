// The GDB remote protocol's packets: framing, escaping, hex. Pure: knows no socket and no guest.
// [gdb doc, Remote Protocol, Overview]
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace lpaemu::emu::gdb {

/// What a client sends.
struct Input {
  enum class Kind : std::uint8_t { packet, ack, nack, interrupt, bad_checksum };
  Kind kind = Kind::packet;
  std::string payload{};  // of a packet, without escapes
};

/// Cuts the bytes of a connection into packets.
class PacketReader {
 public:
  /// Longer ones are thrown away, as if their checksum were bad.
  static constexpr std::size_t longest = 1U << 17;

  void feed(std::string_view bytes) { bytes_ += bytes; }
  /// The next thing that is there as a whole; nothing: more bytes are needed. Noise between packets is skipped.
  [[nodiscard]] std::optional<Input> next();
  /// Takes a Ctrl-C that is next but for acknowledgements; false: there is none.
  [[nodiscard]] bool take_interrupt();
  /// Whether checksums are looked at: not any more in no-ack mode.
  void set_check(bool check) { check_ = check; }

 private:
  std::string bytes_;
  bool check_ = true;
};

/// "$payload#xx", with what must be escaped.
[[nodiscard]] std::string frame(std::string_view payload);
/// `data` with the bytes that have a meaning of their own escaped: for binary answers. frame() leaves them alone.
[[nodiscard]] std::string escape(std::span<const std::byte> data);

[[nodiscard]] std::string to_hex(std::span<const std::byte> data);
[[nodiscard]] std::string to_hex(std::string_view text);
/// A little-endian number of so many bytes.
[[nodiscard]] std::string number_to_hex(std::uint64_t value, std::size_t bytes);
/// As numbers stand in packets: no leading zeroes, no 0x.
[[nodiscard]] std::string hex_number(std::uint64_t value);
/// Nothing where it is no hex, or an odd number of digits.
[[nodiscard]] std::optional<std::vector<std::byte>> from_hex(std::string_view text);

/// Reads the fields of a packet from left to right.
class Fields {
 public:
  explicit Fields(std::string_view text) : rest_{text} {}

  /// Hex digits up to something else; nothing when there are none, or more than 16.
  [[nodiscard]] std::optional<std::uint64_t> number();
  /// Whether the next character is this one; takes it.
  [[nodiscard]] bool take(char c);
  [[nodiscard]] bool take(std::string_view word);
  /// Everything up to the separator, which is taken too.
  [[nodiscard]] std::string_view until(char separator);
  [[nodiscard]] std::string_view rest() const { return rest_; }
  [[nodiscard]] bool empty() const { return rest_.empty(); }

 private:
  std::string_view rest_;
};

/// "addr,length": memory; nothing when it is malformed, ends beyond `top`, or is longer than a packet may be.
struct MemoryRange {
  std::uint64_t address = 0;
  std::uint32_t length = 0;
};
inline constexpr std::uint64_t virtual_top = std::uint64_t{1} << 32;
[[nodiscard]] std::optional<MemoryRange> memory_range(Fields& fields, std::uint64_t top = virtual_top);

/// Of which threads something is said: "TID", "pPID", "pPID.TID"; -1 is all, 0 any. [gdb doc, Packets, thread-id]
struct ThreadId {
  std::int64_t pid = 0;
  std::int64_t tid = 0;

  [[nodiscard]] bool matches(std::int32_t a_pid, std::int32_t a_tid) const {
    return (pid <= 0 || pid == a_pid) && (tid <= 0 || tid == a_tid);
  }
};
[[nodiscard]] std::optional<ThreadId> thread_id(Fields& fields);

/// The part of a document that a qXfer read asks for ("offset,length"), with the letter that says whether it is the
/// last one. Nothing when the range is malformed.
[[nodiscard]] std::optional<std::string> part_of(std::string_view document, std::string_view range);

}  // namespace lpaemu::emu::gdb
