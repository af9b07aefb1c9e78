// How fast the walk and the PTE store function are.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <cstring>
#include <memory>
#include <random>
#include <vector>

#include "lpaemu/mmu/proc_v7_3level.h"
#include "lpaemu/mmu/table_builder.h"
#include "lpaemu/mmu/walk.h"
#include "lpaemu/mmu/walk_ladder.h"

namespace lpaemu::mmu {
namespace {

/// Guest RAM as a machine has it: one contiguous region.
class FlatRam final : public PhysicalMemory {
 public:
  FlatRam(PhysAddr base, std::uint64_t bytes)
      : base_{base}, size_{bytes}, words_{std::make_unique<std::uint64_t[]>(bytes / descriptor_bytes)} {}

  std::optional<std::uint64_t> read64(PhysAddr pa) const override {
    if (!contains(pa)) return std::nullopt;
    return *at(pa);
  }
  bool write64(PhysAddr pa, std::uint64_t value) override {
    if (!contains(pa)) return false;
    *at(pa) = value;
    return true;
  }
  std::span<std::byte> page(PhysAddr pa) override {
    if (!contains(pa)) return {};
    return std::as_writable_bytes(std::span{at(pa.page()), descriptors_per_table});
  }
  std::span<const std::uint64_t> table(PhysAddr pa) const override {
    if (!contains(pa)) return {};
    return {at(pa.page()), descriptors_per_table};
  }

 private:
  [[nodiscard]] bool contains(PhysAddr pa) const { return pa.raw() - base_.raw() < size_; }
  [[nodiscard]] std::uint64_t* at(PhysAddr pa) const { return words_.get() + (pa - base_) / descriptor_bytes; }

  PhysAddr base_;
  std::uint64_t size_;
  std::unique_ptr<std::uint64_t[]> words_;
};

/// Linux's registers and a number of pages mapped from 0x10000000 on.
class Machine {
 public:
  static constexpr VirtAddr first{0x1000'0000};
  static constexpr std::uint64_t ram_base = 0x8'8000'0000;
  static constexpr std::uint64_t ram_bytes = std::uint64_t{64} << 20;

  explicit Machine(std::uint32_t pages) {
    const Pgprot prot = protection_map({.read = true, .write = true}, Sharing::shared_mapping);
    for (std::uint32_t i = 0; i < pages; ++i) {
      const Pte pte = pte_mkdirty(pfn_pte(PhysAddr{ram_base}.pfn() + i, prot));
      cpu_v7_set_pte_ext(ram_, builder_.entry(first + i * PAGE_SIZE, last_level), pte);
    }
  }
  [[nodiscard]] const FlatRam& ram() const { return ram_; }
  [[nodiscard]] const Regime& regime() const { return regime_; }

 private:
  PhysAddr allocate() { return next_ = next_ + PAGE_SIZE; }

  FlatRam ram_{PhysAddr{ram_base}, ram_bytes};
  PhysAddr next_{ram_base};
  Regime regime_{{v7_ttb_setup(VmSplit::split_3g, PhysAddr{ram_base}).ttbcr, cpu_v7_switch_mm(PhysAddr{ram_base}, 1),
                  Ttbr{}, linux_mair(), apply_crval(Sctlr{})}};
  TableBuilder builder_{ram_, *regime_.start(first), [this] { return allocate(); }};
};

/// What the fill path takes from the ladder: two registers.
struct Filled {
  PhysAddr pa;
  std::uint8_t rights;
  FaultKind kind;
  std::uint8_t level;
  bool good;

  static Filled translation(const Translation& t) {
    const auto right = [&t](Access access, unsigned bit) {
      return t.permissions.allows(access, Privilege::pl0) ? bit : 0U;
    };
    const unsigned rights = right(Access::read, 1) | right(Access::write, 2) | right(Access::execute, 4);
    return {t.pa, static_cast<std::uint8_t>(rights), {}, 0, true};
  }
  static Filled fault(const Fault& f) { return {{}, 0, f.kind, static_cast<std::uint8_t>(f.level), false}; }
};

/// The walk through the port, and the ladder inlined over the memory's own type as the fill path has it.
struct Whole {
  static auto walk(const Machine& machine, VirtAddr va, Access access) {
    return mmu::walk(machine.ram(), machine.regime(), va, access, Privilege::pl0);
  }
};
struct Inlined {
  [[gnu::noinline]] static Filled walk(const Machine& machine, VirtAddr va, Access access) {
    return walk_as<Filled>(machine.ram(), machine.regime(), va, access, Privilege::pl0);
  }
};

template <class Walk>
void one_warm_page(benchmark::State& state) {
  const Machine machine{1};
  VirtAddr va = Machine::first;
  for (auto _ : state) {
    benchmark::DoNotOptimize(va);
    benchmark::DoNotOptimize(Walk::walk(machine, va, Access::write));
  }
}
BENCHMARK(one_warm_page<Whole>);
BENCHMARK(one_warm_page<Inlined>);

template <class Walk>
void permission_fault(benchmark::State& state) {
  const Machine machine{1};
  VirtAddr va = Machine::first;
  for (auto _ : state) {
    benchmark::DoNotOptimize(va);
    benchmark::DoNotOptimize(Walk::walk(machine, va, Access::execute));
  }
}
BENCHMARK(permission_fault<Whole>);
BENCHMARK(permission_fault<Inlined>);

/// One page after the other: so many descriptors take part, eight to a cache line.
void pages_in_turn(benchmark::State& state) {
  const auto pages = static_cast<std::uint32_t>(state.range(0));
  const Machine machine{pages};
  std::uint32_t page = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(Whole::walk(machine, Machine::first + page * PAGE_SIZE, Access::write));
    page = page + 1 == pages ? 0 : page + 1;
  }
}
BENCHMARK(pages_in_turn)->Arg(512)->Arg(8192);

std::vector<Pte> random_ptes(std::int64_t count) {
  std::mt19937_64 random{1};
  std::vector<Pte> ptes;
  ptes.reserve(static_cast<std::size_t>(count));
  for (std::int64_t i = 0; i < count; ++i) ptes.emplace_back(random());
  return ptes;
}

void report_bytes(benchmark::State& state, std::size_t entries) {
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(entries * sizeof(std::uint64_t)));
}

void set_pte_ext_array(benchmark::State& state) {
  const std::vector<Pte> in = random_ptes(state.range(0));
  std::vector<std::uint64_t> out(in.size());
  for (auto _ : state) {
    set_pte_ext_values(in, out);
    benchmark::ClobberMemory();
  }
  report_bytes(state, in.size());
}

void memcpy_array(benchmark::State& state) {
  const std::vector<Pte> in = random_ptes(state.range(0));
  std::vector<std::uint64_t> out(in.size());
  for (auto _ : state) {
    std::memcpy(out.data(), in.data(), in.size() * sizeof(std::uint64_t));
    benchmark::ClobberMemory();
  }
  report_bytes(state, in.size());
}

constexpr std::int64_t one_table = 512;
constexpr std::int64_t mega = std::int64_t{1} << 20;
BENCHMARK(set_pte_ext_array)->Arg(one_table)->Arg(mega)->Arg(64 * mega);
BENCHMARK(memcpy_array)->Arg(one_table)->Arg(mega)->Arg(64 * mega);

}  // namespace
}  // namespace lpaemu::mmu
