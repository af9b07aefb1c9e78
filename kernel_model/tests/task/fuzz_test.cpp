// No call, whatever its arguments, crashes the kernel model or leaves an address space that does not add up.
#include <catch2/generators/catch_generators.hpp>
#include <catch2/generators/catch_generators_range.hpp>
#include <cstdlib>
#include <random>

#include "lpaemu/kernel_model/mm/mmap.h"
#include "machine.h"

namespace lpaemu::kernel {
namespace {

using testing::Machine;

/// Rounds over the whole table; LPAEMU_FUZZ_ROUNDS asks for more than a quick run makes.
unsigned rounds() {
  const char* const text = std::getenv("LPAEMU_FUZZ_ROUNDS");
  constexpr unsigned quick = 4;
  return text == nullptr ? quick : static_cast<unsigned>(std::strtoul(text, nullptr, 10));
}

class Hostile {
 public:
  explicit Hostile(std::uint64_t seed) : random_{seed} {}

  void prepare(Machine& m) {
    const VirtAddr good = m.map(4);
    const VirtAddr read_only = m.map(1, PROT_READ);
    const VirtAddr none = m.map(1, 0);
    const VirtAddr edge = m.map(2);
    REQUIRE(do_munmap(m.mm(), edge + 4096, 4096).has_value());
    values_ = {0,
               1,
               2,
               3,
               4,
               7,
               8,
               12,
               16,
               100,
               0x1000,
               0x1001,
               0xfff,
               0x7fffffff,
               0x80000000,
               0xffffffff,
               0xfffffff0,
               0xbf000000,
               0xbf000000 - 1,
               0xbefffff0,
               0xffff0fe0,
               0x10000,
               0x12000,
               0x12ff0,
               0x13ffe,
               good.raw(),
               good.raw() + 1,
               good.raw() + 0x3ffc,
               read_only.raw(),
               read_only.raw() + 0xffc,
               none.raw(),
               edge.raw() + 0xffe,
               edge.raw() + 0x1000,
               m.string("/tmp/file"),
               m.string("relative/../x"),
               m.string("/dev/zero"),
               m.string("/proc/self/maps"),
               m.string("/proc/self/clear_refs"),
               m.string("/"),
               m.string(std::string(5000, 'p')),
               m.string(""),
               static_cast<std::uint32_t>(-100),
               O_CREAT | O_RDWR,
               O_DIRECTORY,
               O_PATH,
               MAP_PRIVATE | MAP_ANONYMOUS,
               MAP_SHARED | MAP_ANONYMOUS,
               MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS,
               5,
               6,
               9,
               64,
               1024,
               0x541b,
               0x5401,
               0x20000000};
    for (std::uint32_t offset = 0; offset < 0x4000; offset += 4)
      m.put(good + offset, values_[random_() % values_.size()]);
    good_ = good;
  }

  std::uint32_t value() {
    if (random_() % 16 == 0) return static_cast<std::uint32_t>(random_());
    return values_[random_() % values_.size()];
  }
  VirtAddr good() const { return good_; }

 private:
  std::mt19937_64 random_;
  std::vector<std::uint32_t> values_;
  VirtAddr good_;
};

TEST_CASE("hostile arguments to every call", "[kernel][syscalls][fuzz]") {
  const unsigned seed = GENERATE(range(0U, rounds()));
  CAPTURE(seed);
  Hostile hostile{seed};
  auto m = std::make_unique<Machine>(seed % 2 == 0 ? 0 : 1000);
  m->start();
  hostile.prepare(*m);
  std::uint32_t last = 0;
  for (unsigned pass = 0; pass < 8; ++pass) {
    for (const SyscallRow& row : syscall_table()) {
      last = row.number;
      CAPTURE(pass, row.name);
      m->host.now += std::chrono::seconds{1};
      const Next next = m->next(SyscallPlace::outer_loop, row.number,
                                {hostile.value(), hostile.value(), hostile.value(), hostile.value(), hostile.value(),
                                 hostile.value(), hostile.value()});
      CHECK((next == Next::resume || next == Next::exited || next == Next::interrupted));
      m->host.interrupt = false;
      if (next == Next::exited || m->task().pending != 0 || m->mm().total_vm > 500000) {
        m = std::make_unique<Machine>(seed % 2 == 0 ? 0 : 1000);
        m->start();
        hostile.prepare(*m);
      }
    }
    INFO("last call " << last);
    m->audit();
  }
}

TEST_CASE("memory calls with hostile arguments, audited after each", "[kernel][syscalls][fuzz]") {
  const unsigned seed = GENERATE(range(0U, rounds()));
  CAPTURE(seed);
  Hostile hostile{seed + 1000};
  Machine m;
  m.start();
  hostile.prepare(m);
  constexpr std::array<std::uint32_t, 12> numbers{45, 91, 125, 144, 150, 151, 152, 153, 163, 192, 219, 220};
  constexpr unsigned calls = 400;
  std::mt19937 random{seed};
  for (unsigned i = 0; i < calls; ++i) {
    const std::uint32_t number = numbers[random() % numbers.size()];
    CAPTURE(i, number);
    static_cast<void>(
        m.next(SyscallPlace::outer_loop, number,
               {hostile.value(), hostile.value(), hostile.value(), hostile.value(), hostile.value(), hostile.value()}));
    m.audit();
  }
}

}  // namespace
}  // namespace lpaemu::kernel
