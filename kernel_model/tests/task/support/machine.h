// A whole kernel model without an engine: a CPU that is a set of registers and a TLB, a host made of strings and a
// clock that moves only when somebody waits. Tests start a program and make its system calls.
#pragma once

#include <catch2/catch_test_macros.hpp>
#include <deque>
#include <initializer_list>
#include <memory>
#include <string>
#include <vector>

#include "lpaemu/kernel_model/kernel.h"
#include "lpaemu/kernel_model/mm/uaccess.h"
#include "support/fake_cpu.h"
#include "support/flat_memory.h"

/// The numbers of all calls: nr::read is 3.
namespace lpaemu::kernel::nr {
#define SYSCALL(number, name, handler, support, note) inline constexpr std::uint32_t name = number;
#define WAITING_SYSCALL(number, name, handler, place, support, note) inline constexpr std::uint32_t name = number;
#define ABSENT_SYSCALL(number, name, note) inline constexpr std::uint32_t name = number;
#include "lpaemu/kernel_model/syscalls/table.inc"
#undef SYSCALL
#undef WAITING_SYSCALL
#undef ABSENT_SYSCALL
}  // namespace lpaemu::kernel::nr

namespace lpaemu::kernel::testing {

/// Addresses at which nothing can be stored or read.
inline constexpr std::uint32_t bad_pointer = 0x5000, kernel_pointer = 0xc0000000;

class StringHost final : public Host {
 public:
  [[nodiscard]] Nanoseconds realtime() override { return now + epoch; }
  [[nodiscard]] Nanoseconds monotonic() override { return now; }
  [[nodiscard]] Nanoseconds cpu_time() override { return std::chrono::milliseconds{1234}; }
  void fill_random(std::span<std::byte> buffer) override {
    for (std::byte& byte : buffer) byte = std::byte{next_random++};
  }
  [[nodiscard]] StreamInfo stream_info(Stream stream) override {
    StreamInfo info;
    info.type = FileType::fifo;
    static_cast<void>(stream);
    return info;
  }
  [[nodiscard]] bool stream_ready(Stream stream) override {
    return stream == Stream::input ? !input.empty() || input_closed : !output_full;
  }
  [[nodiscard]] Result<std::size_t> stream_read(std::span<std::byte> buffer) override;
  [[nodiscard]] Result<std::size_t> stream_write(Stream stream, std::span<const std::byte> data) override;
  [[nodiscard]] Wake wait(bool for_input, std::optional<Nanoseconds> deadline) override;
  [[nodiscard]] bool interrupted() const override { return stop_transfers; }

  static constexpr Nanoseconds epoch = std::chrono::seconds{1'700'000'000};
  Nanoseconds now = std::chrono::seconds{1000};
  std::uint8_t next_random = 1;
  std::string input;
  bool input_closed = false;
  std::deque<std::string> later_input;  // what a wait for input brings
  std::string output, error;
  bool output_full = false;
  bool output_broken = false;  // EPIPE
  bool interrupt = false;      // the next wait is cut short
  bool stop_transfers = false;
  unsigned waits = 0;
};

/// A program made of bytes. Segments refer to `bytes`.
struct Image {
  std::vector<ProgramSegment> segments;
  std::string bytes;
  VirtAddr entry{0x10000};
  bool position_independent = false;
};
/// Two pages of text at 0x10000 and a page of data at 0x12000 whose last quarter is bss, and a page of bss.
[[nodiscard]] Image small_image();

class Machine {
 public:
  static constexpr std::uint64_t default_ram = 16U << 20;
  explicit Machine(std::uint32_t uid = 0, std::uint64_t ram_bytes = default_ram);

  [[nodiscard]] Program program_of(const Image& image);
  /// Starts the program: must succeed.
  void start(const Image& image = small_image(), const std::vector<std::string>& argv = {"prog"},
             const std::vector<std::string>& envp = {});

  [[nodiscard]] task_struct& task() { return kernel.current(); }
  [[nodiscard]] mm_struct& mm() { return *task().mm; }

  /// Makes a system call from the outer loop and answers r0. Requires: it returns. The program has read all of its
  /// memory before, so that the TLB holds whatever the call may have to take out of it; the audit follows.
  std::int32_t call(std::uint32_t number, std::initializer_list<std::uint32_t> args = {});
  /// The same; answers what the machine is to do next.
  Next next(SyscallPlace place, std::uint32_t number, std::initializer_list<std::uint32_t> args = {});

  /// Fresh user memory, readable and writable.
  VirtAddr map(std::uint32_t pages = 1, std::uint32_t prot = 3);
  void poke(VirtAddr va, std::string_view bytes);
  [[nodiscard]] std::string peek(VirtAddr va, std::size_t bytes);
  [[nodiscard]] std::string peek_string(VirtAddr va);
  template <class T>
  [[nodiscard]] T get(VirtAddr va) {
    const auto value = get_user<T>(mm(), va);
    REQUIRE(value.has_value());
    return *value;
  }
  template <class T>
  void put(VirtAddr va, const T& value) {
    REQUIRE(put_user(mm(), va, value).has_value());
  }
  /// A memfd that holds `bytes`, open for reading and writing.
  [[nodiscard]] std::uint32_t file(std::string_view bytes = "");
  /// A NUL-terminated string somewhere in user memory.
  [[nodiscard]] std::uint32_t string(std::string_view text);

  /// What the TLB still grants though the tables do not; empty if nothing.
  [[nodiscard]] std::string stale_translations();
  void audit();

  bool audits_tlb = true;  // false: a TLBI is lost on purpose, the test looks for what is stale
  FlatMemory memory;
  FakeCpu cpu;
  StringHost host;
  Kernel kernel;

 private:
  VirtAddr strings_;
  std::uint32_t strings_used_ = 0;
};

/// What a failed call answers.
[[nodiscard]] constexpr std::int32_t failed(Errno error) { return -static_cast<std::int32_t>(error); }

}  // namespace lpaemu::kernel::testing
