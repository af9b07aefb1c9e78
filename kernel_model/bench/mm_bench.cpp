// What tracking costs in the kernel model alone, without an engine: nanoseconds a page against flat RAM.
#include <benchmark/benchmark.h>

#include <vector>

#include "lpaemu/kernel_model/mm/fault.h"
#include "lpaemu/kernel_model/mm/mmap.h"
#include "lpaemu/kernel_model/mm/soft_dirty.h"
#include "lpaemu/kernel_model/mm/uaccess.h"
#include "support/flat_memory.h"

namespace {

using namespace lpaemu;
using namespace lpaemu::kernel;

/// A CPU without a TLB.
class NullCpu final : public Cpu {
 public:
  [[nodiscard]] UserRegisters user_registers() const override { return {}; }
  void set_user_registers(const UserRegisters& /*registers*/) override {}
  [[nodiscard]] std::array<std::uint32_t, 8> system_call_registers() const override { return {}; }
  [[nodiscard]] VirtAddr pc() const override { return {}; }
  void set_r0(std::uint32_t /*value*/) override {}
  [[nodiscard]] VfpRegisters vfp_registers() const override { return {}; }
  void set_vfp_registers(const VfpRegisters& /*registers*/) override {}
  void set_tls(std::uint32_t /*value*/) override {}
  void set_ttbr0(mmu::Ttbr /*ttbr0*/) override {}
  void tlbimva(VirtAddr /*va*/, Asid /*asid*/) override {}
  void tlbiasid(Asid /*asid*/) override {}
  void tlbiall() override {}
  void page_modified(Pfn /*pfn*/) override {}
  void clear_exclusive_monitor() override {}
};

/// `pages` pages of private anonymous memory, all written.
struct Machine {
  static constexpr std::uint64_t ram_bytes = 512U << 20;
  explicit Machine(std::uint32_t n)
      : pages{memory, cpu, memory.base(), ram_bytes}, mm{mm_struct::create({pages, cpu, events}, Asid{1}).value()} {
    MmapRequest request{.length = n * mmu::PAGE_SIZE, .prot = PROT_READ | PROT_WRITE};
    request.flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE;
    start = do_mmap(*mm, request).value();
  }
  void clear() { benchmark::DoNotOptimize(clear_refs_write(*mm, "4")); }

  NullCpu cpu;
  testing::FlatMemory memory{PhysAddr{0x8'8000'0000}, ram_bytes};
  PageAllocator pages;
  Events events;
  std::shared_ptr<mm_struct> mm;
  VirtAddr start;
};

std::uint32_t pages_of(const benchmark::State& state) { return static_cast<std::uint32_t>(state.range(0)); }

void report(benchmark::State& state) {
  using Counter = benchmark::Counter;
  const auto pages = static_cast<double>(state.iterations()) * static_cast<double>(pages_of(state));
  state.counters["per_page"] = Counter{pages, Counter::kIsRate | Counter::kInvert};
}

/// The first store to each page after a clear: classify and do_abort.
void soft_dirty_fault(benchmark::State& state) {
  Machine machine{pages_of(state)};
  for ([[maybe_unused]] auto _ : state) {
    state.PauseTiming();
    machine.clear();
    state.ResumeTiming();
    for (std::uint32_t i = 0; i < pages_of(state); ++i) {
      const mmu::Fault fault{mmu::FaultKind::permission, mmu::last_level, machine.start + i * mmu::PAGE_SIZE,
                             mmu::Access::write, mmu::Privilege::pl0};
      const FaultDecision decision = classify(*machine.mm, fault);
      benchmark::DoNotOptimize(do_abort(*machine.mm, fault, decision));
    }
  }
  report(state);
}

/// The first store to each page of a fresh mapping.
void first_touch_fault(benchmark::State& state) {
  Machine machine{pages_of(state)};
  for ([[maybe_unused]] auto _ : state) {
    state.PauseTiming();
    benchmark::DoNotOptimize(do_madvise(*machine.mm, machine.start, pages_of(state) * mmu::PAGE_SIZE, 4));
    state.ResumeTiming();
    for (std::uint32_t i = 0; i < pages_of(state); ++i) {
      const mmu::Fault fault{mmu::FaultKind::translation, mmu::last_level, machine.start + i * mmu::PAGE_SIZE,
                             mmu::Access::write, mmu::Privilege::pl0};
      const FaultDecision decision = classify(*machine.mm, fault);
      benchmark::DoNotOptimize(do_abort(*machine.mm, fault, decision));
    }
  }
  report(state);
}

void clear_refs(benchmark::State& state) {
  Machine machine{pages_of(state)};
  for ([[maybe_unused]] auto _ : state) machine.clear();
  report(state);
}

void pagemap(benchmark::State& state) {
  Machine machine{pages_of(state)};
  machine.clear();
  std::vector<std::uint64_t> out(pages_of(state));
  for ([[maybe_unused]] auto _ : state) {
    pagemap_range(*machine.mm, machine.start, out, ShowPfn::yes);
    benchmark::DoNotOptimize(out.data());
  }
  report(state);
}

void unmap(benchmark::State& state) {
  Machine machine{pages_of(state)};
  for ([[maybe_unused]] auto _ : state) {
    benchmark::DoNotOptimize(do_madvise(*machine.mm, machine.start, pages_of(state) * mmu::PAGE_SIZE, 4));
    state.PauseTiming();
    benchmark::DoNotOptimize(do_madvise(*machine.mm, machine.start, pages_of(state) * mmu::PAGE_SIZE, 23));
    state.ResumeTiming();
  }
  report(state);
}

/// 64 bytes into each page, writable already.
void copy_to_user_hot(benchmark::State& state) {
  Machine machine{pages_of(state)};
  const std::array<std::byte, 64> bytes{};
  for ([[maybe_unused]] auto _ : state)
    for (std::uint32_t i = 0; i < pages_of(state); ++i)
      benchmark::DoNotOptimize(copy_to_user(*machine.mm, machine.start + i * mmu::PAGE_SIZE, bytes));
  report(state);
}

constexpr std::int64_t few = 64, many = 65536;
BENCHMARK(soft_dirty_fault)->Arg(few)->Arg(many);
BENCHMARK(first_touch_fault)->Arg(few)->Arg(many);
BENCHMARK(clear_refs)->Arg(few)->Arg(many);
BENCHMARK(pagemap)->Arg(few)->Arg(many);
BENCHMARK(unmap)->Arg(few)->Arg(many);
BENCHMARK(copy_to_user_hot)->Arg(few)->Arg(many);

}  // namespace
