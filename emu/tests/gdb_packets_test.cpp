// The GDB protocol's packets, without a guest.
#include "lpaemu/emu/debugger/gdb_packets.h"

#include <catch2/catch_test_macros.hpp>
#include <random>
#include <set>

#include "signals.h"

using namespace lpaemu::emu::gdb;
using Kind = Input::Kind;

TEST_CASE("a Ctrl-C is taken when only acknowledgements are before it", "[debugger][gdb]") {
  PacketReader reader;
  CHECK_FALSE(reader.take_interrupt());
  reader.feed("++\x03$g#67");
  CHECK(reader.take_interrupt());
  CHECK_FALSE(reader.take_interrupt());
  const auto packet = reader.next();
  REQUIRE(packet);
  CHECK(packet->payload == "g");
  reader.feed("+$g#67\x03");
  CHECK_FALSE(reader.take_interrupt());
}

TEST_CASE("packets come in whole, however the bytes are cut", "[emu][gdb]") {
  const std::string stream = "+$g#67\x03-" + frame("m10,4");
  for (std::size_t piece = 1; piece <= stream.size(); ++piece) {
    PacketReader reader;
    std::vector<Kind> kinds;
    std::vector<std::string> payloads;
    for (std::size_t at = 0; at < stream.size(); at += piece) {
      reader.feed(std::string_view{stream}.substr(at, piece));
      while (const auto input = reader.next()) {
        kinds.push_back(input->kind);
        if (input->kind == Kind::packet) payloads.push_back(input->payload);
      }
    }
    CHECK(kinds == std::vector{Kind::ack, Kind::packet, Kind::interrupt, Kind::nack, Kind::packet});
    CHECK(payloads == std::vector<std::string>{"g", "m10,4"});
  }
}

TEST_CASE("a bad checksum is told, unless nobody looks", "[emu][gdb]") {
  PacketReader reader;
  reader.feed("$g#00$g#67");
  CHECK(reader.next()->kind == Kind::bad_checksum);
  CHECK(reader.next()->kind == Kind::packet);
  reader.set_check(false);
  reader.feed("$g#00");
  CHECK(reader.next()->kind == Kind::packet);
}

TEST_CASE("frames and escapes", "[emu][gdb]") {
  CHECK(frame("OK") == "$OK#9a");
  CHECK(frame("") == "$#00");
  const std::string data{"a#$}*b"};
  const std::string escaped = escape(std::as_bytes(std::span{data}));
  CHECK(escaped ==
        "a}\x03}\x04}]}\x0a"
        "b");
  PacketReader reader;
  reader.feed(frame(escaped));
  CHECK(reader.next()->payload == data);
}

TEST_CASE("hex", "[emu][gdb]") {
  CHECK(to_hex("az") == "617a");
  CHECK(number_to_hex(0x12345678, 4) == "78563412");
  CHECK(from_hex("617A")->size() == 2);
  CHECK_FALSE(from_hex("6"));
  CHECK_FALSE(from_hex("6g"));
}

TEST_CASE("memory ranges that are none", "[emu][gdb]") {
  const auto read = [](std::string_view text) {
    Fields fields{text};
    return memory_range(fields);
  };
  CHECK(read("ffffffff,1"));
  CHECK(read("0,0"));
  CHECK_FALSE(read("ffffffff,2"));
  CHECK_FALSE(read("100000000,1"));
  CHECK_FALSE(read("0,ffffffffffffffff"));
  CHECK_FALSE(read("0"));
  CHECK_FALSE(read(",4"));
  CHECK_FALSE(read("-1,4"));
}

TEST_CASE("physical memory ends later", "[emu][gdb]") {
  Fields inside{"ffffffffff,1"};
  CHECK(memory_range(inside, std::uint64_t{1} << 40)->address == 0xffffffffff);
  Fields outside{"ffffffffff,2"};
  CHECK_FALSE(memory_range(outside, std::uint64_t{1} << 40));
}

TEST_CASE("thread ids", "[emu][gdb]") {
  const auto read = [](std::string_view text) {
    Fields fields{text};
    const auto id = thread_id(fields);
    return fields.empty() ? id : std::nullopt;
  };
  for (const char* const name : {"p1.2", "2", "-1", "0", "p1", "p1.-1", "p-1.-1", "p0.0", "p1.0"}) {
    INFO(name);
    CHECK(read(name)->matches(1, 2));
  }
  for (const char* const name : {"p2.2", "p1.1", "1", "p2", "p2.-1"}) {
    INFO(name);
    CHECK_FALSE(read(name)->matches(1, 2));
  }
  for (const char* const name : {"", "p", "p1.", "p1.x", "-2", "x", "p1.2.3", "fffffffff", "p.1"}) {
    INFO(name);
    CHECK_FALSE(read(name));
  }
}

TEST_CASE("each of Linux's signals has a number of its own in the protocol", "[emu][gdb]") {
  std::set<int> numbers;
  for (int signo = 1; signo <= 64; ++signo) {
    if (signo == 16) continue;  // SIGSTKFLT: the protocol knows none
    INFO(signo);
    CHECK(numbers.insert(gdb_signal(signo)).second);
    CHECK(linux_signal(static_cast<std::uint64_t>(gdb_signal(signo))) == signo);
  }
  CHECK(gdb_signal(7) == 10);   // SIGBUS
  CHECK(gdb_signal(34) == 46);  // [gdb include/gdb/signals.def]
  CHECK(gdb_signal(64) == 78);
  CHECK_FALSE(linux_signal(7));   // SIGEMT
  CHECK_FALSE(linux_signal(76));  // SIGCANCEL
}

TEST_CASE("documents come in parts", "[emu][gdb]") {
  CHECK(part_of("abcdef", "0,4") == "mabcd");
  CHECK(part_of("abcdef", "4,4") == "lef");
  CHECK(part_of("abcdef", "6,4") == "l");
  CHECK(part_of("abcdef", "ffffffffffffffff,4") == "l");
  CHECK_FALSE(part_of("abcdef", "x"));
  CHECK_FALSE(part_of("abcdef", "0,4,4"));
}

TEST_CASE("no bytes break the reader", "[emu][gdb]") {
  std::mt19937 random{1};
  PacketReader reader;
  std::size_t inputs = 0;
  for (int i = 0; i < 20000; ++i) {
    constexpr std::string_view likely =
        "$#+-}*\x03"
        "0af,;:";
    std::string bytes;
    for (auto n = random() % 12; n > 0; --n)
      bytes += random() % 4 != 0 ? likely[random() % likely.size()] : static_cast<char>(random());
    reader.feed(bytes);
    while (const auto input = reader.next()) {
      ++inputs;
      Fields fields{input->payload};
      static_cast<void>(memory_range(fields));
    }
  }
  CHECK(inputs > 1000);
}
