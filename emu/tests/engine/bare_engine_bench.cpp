// What a write fault costs on the bare engine: a hook that only marks a page and grants it, without tables, walk or
// kernel. The yardstick for store_after_clear_refs_4 in `./dev bench`. Not a test.
//
//   emu_bare_engine_bench PAGES...      prints BARE PAGES NS: the median, in ns a page
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "../../src/engine/unicorn_cpu.h"
#include "lpaemu/emu/engine/guest_ram.h"

namespace {

using namespace lpaemu::emu;
using lpaemu::mmu::Access;
using lpaemu::mmu::PAGE_SIZE;
using lpaemu::mmu::VirtAddr;

constexpr VirtAddr code_va{0x00010000};
constexpr VirtAddr data_va{0x20000000};
constexpr std::uint64_t ram_bytes = std::uint64_t{512} << 20;

/// The code lies in the first page of RAM, the data in those behind it.
class Hook final : public CpuEvents {
 public:
  Hook(GuestRam& ram, std::uint32_t pages) : ram_{ram}, dirty_(pages) {}

  void clear() { std::fill(dirty_.begin(), dirty_.end(), false); }
  void use(UnicornCpu& cpu) { cpu_ = &cpu; }

  FillResult on_fill(VirtAddr va, Access access, bool /*for_guest*/) noexcept override {
    if (access == Access::execute) return {ram_.base(), Rights{Rights::execute}};
    const std::uint32_t page = (va - data_va) / PAGE_SIZE;
    if (page >= dirty_.size()) return {};
    dirty_[page] = true;
    return {ram_.base() + (page + 1) * std::uint64_t{PAGE_SIZE}, Rights{Rights::read | Rights::write}};
  }
  void on_interrupt(unsigned /*number*/) noexcept override { cpu_->stop(); }
  bool on_invalid_instruction() noexcept override { return false; }
  void on_block() noexcept override {}

 private:
  GuestRam& ram_;
  std::vector<unsigned char> dirty_;
  UnicornCpu* cpu_ = nullptr;
};

double median_ns_a_page(std::uint32_t pages) {
  const Remedies remedies;
  const auto ram = GuestRam::reserve(GuestRam::default_base, ram_bytes).value();
  Hook hook{*ram, pages};
  UnicornCpu cpu{hook, remedies};
  hook.use(cpu);
  if (const auto opened = cpu.open(*ram); !opened) {
    fmt::print(stderr, "{}\n", opened.error().message);
    std::exit(1);
  }
  constexpr std::array code{
      0xe5c10000U,  // strb r0, [r1]
      0xe2811a01U,  // add r1, r1, #4096
      0xe2522001U,  // subs r2, r2, #1
      0x1afffffbU,  // bne to the store
      0xef000000U,  // svc #0
  };
  std::memcpy(ram->host(), code.data(), sizeof code);

  std::vector<double> sweeps;
  const unsigned repeats = pages <= 64 ? 400 : 9;  // as wp_bench does
  for (unsigned i = 0; i < repeats + 3; ++i) {     // three to warm up
    hook.clear();
    cpu.drop_all_entries();
    lpaemu::kernel::UserRegisters registers = cpu.user_registers();
    registers.r[1] = data_va.raw();
    registers.r[2] = pages;
    cpu.set_user_registers_but_pc(registers);
    using Clock = std::chrono::steady_clock;
    const auto start = Clock::now();
    static_cast<void>(cpu.start(code_va));
    sweeps.push_back(std::chrono::duration<double, std::nano>(Clock::now() - start).count());
  }
  sweeps.erase(sweeps.begin(), sweeps.begin() + 3);
  std::sort(sweeps.begin(), sweeps.end());
  return sweeps[sweeps.size() / 2] / pages;
}

}  // namespace

int main(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    const auto pages = static_cast<std::uint32_t>(std::strtoul(argv[i], nullptr, 10));
    if (pages == 0 || (pages + 1) * std::uint64_t{PAGE_SIZE} > ram_bytes) {
      fmt::print(stderr, "usage: emu_bare_engine_bench PAGES... (each at most {})\n", ram_bytes / PAGE_SIZE - 1);
      return 2;
    }
    fmt::print("BARE {} {:.1f}\n", pages, median_ns_a_page(pages));
  }
}
