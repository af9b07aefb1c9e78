// A bare machine for the engine's tests: RAM, page tables made by hand, a client that can be told what to answer.
#pragma once

#include <functional>
#include <initializer_list>
#include <memory>
#include <span>
#include <utility>

#include "lpaemu/emu/engine/engine.h"
#include "lpaemu/mmu/linux_pte.h"
#include "lpaemu/mmu/table_builder.h"

namespace lpaemu::emu::test {

using mmu::Access;
using mmu::Descriptor;
using mmu::PAGE_SIZE;
using mmu::Pfn;
using mmu::PhysAddr;
using mmu::VirtAddr;

/// What a page descriptor grants to user mode.
struct PageRights {
  bool write = false;
  bool execute = false;
  bool accessed = true;
  bool user = true;
};
inline constexpr PageRights r_only{};
inline constexpr PageRights rw{.write = true};
inline constexpr PageRights rx{.execute = true};
inline constexpr PageRights rwx{.write = true, .execute = true};

inline Descriptor page_descriptor(PhysAddr pa, PageRights grants) {
  using namespace mmu::leaf;
  Descriptor d = OA.with(Descriptor{}, pa.pfn());
  d = TYPE.with(VALID.with(d, true), true);
  return AP2.with(AP1.with(AF.with(XN.with(d, !grants.execute), grants.accessed), grants.user), !grants.write);
}

class TestMachine final : public EngineClient {
 public:
  explicit TestMachine(const Remedies& remedies = {}, PhysAddr base = GuestRam::default_base,
                       std::uint64_t bytes = 16 << 20)
      : ram_{GuestRam::reserve(base, bytes).value()},
        engine_{Engine::create(*ram_, remedies).value()},
        next_page_{base},
        regime_{make_regime()},
        tables_{*ram_, *regime_.start(VirtAddr{}), [this] { return new_page(); }} {
    engine_->set_regime(regime_);
  }

  GuestRam& ram() { return *ram_; }
  Engine& engine() { return *engine_; }
  const mmu::Regime& regime() const { return regime_; }

  /// A zeroed page of RAM.
  PhysAddr new_page() { return std::exchange(next_page_, next_page_ + PAGE_SIZE); }

  /// Stores the descriptor; no TLB maintenance.
  void set_descriptor(VirtAddr va, Descriptor d) { tables_.set_leaf(va, mmu::last_level, d); }
  PhysAddr map(VirtAddr va, PageRights grants) { return map(va, new_page(), grants); }
  PhysAddr map(VirtAddr va, PhysAddr pa, PageRights grants) {
    set_descriptor(va, page_descriptor(pa, grants));
    return pa;
  }

  std::uint32_t& word(PhysAddr pa) { return *reinterpret_cast<std::uint32_t*>(ram_->host() + (pa - ram_->base())); }
  void load(PhysAddr pa, std::span<const std::uint32_t> words) {
    for (const std::uint32_t w : words) {
      word(pa) = w;
      pa = pa + sizeof w;
    }
  }
  void load(PhysAddr pa, std::initializer_list<std::uint32_t> words) {
    load(pa, std::span{words.begin(), words.size()});
  }
  void load_thumb(PhysAddr pa, std::initializer_list<std::uint16_t> halfwords) {
    for (const std::uint16_t h : halfwords) {
      *reinterpret_cast<std::uint16_t*>(ram_->host() + (pa - ram_->base())) = h;
      pa = pa + sizeof h;
    }
  }
  /// Maps a fresh page at `va` with these ARM instructions.
  PhysAddr code(VirtAddr va, std::initializer_list<std::uint32_t> words) {
    const PhysAddr pa = map(va, rx);
    load(pa, words);
    return pa;
  }

  kernel::UserRegisters registers() const { return engine_->user_registers(); }
  std::uint32_t r(unsigned n) const { return registers().r[n]; }
  void set_r(unsigned n, std::uint32_t value) {
    auto all = registers();
    all.r[n] = value;
    engine_->set_user_registers(all);
  }
  void set_pc(VirtAddr pc, bool thumb = false) {
    auto all = registers();
    all.r[15] = pc.raw();
    all.cpsr = mmu::PSR::T.with(all.cpsr, thumb);
    engine_->set_user_registers(all);
  }
  Stop run() { return engine_->run(*this); }
  Stop run_from(VirtAddr pc, bool thumb = false) {
    set_pc(pc, thumb);
    return run();
  }

  // The client: fails faults and stops at SVC unless told otherwise.
  std::function<FaultAnswer(const mmu::Fault&)> fault_handler;
  std::function<SvcAnswer()> svc_handler;
  unsigned faults = 0;
  unsigned svcs = 0;

  FaultAnswer on_fault(const mmu::Fault& fault) override {
    ++faults;
    return fault_handler ? fault_handler(fault) : FaultAnswer::fail;
  }
  SvcAnswer on_svc() override {
    ++svcs;
    return svc_handler ? svc_handler() : SvcAnswer::stop;
  }

 private:
  // The table of the whole 32-bit space; TTBCR as Linux sets it, walks by TTBR0 alone.
  mmu::Regime make_regime() {
    mmu::TranslationRegisters registers;
    registers.ttbcr = mmu::TTBCR::EAE.with(mmu::Ttbcr{}, true);
    registers.ttbr0 = mmu::TTBR::BADDR.with(mmu::Ttbr{}, new_page().raw());
    registers.sctlr = mmu::SCTLR::M.with(mmu::Sctlr{}, true);
    return mmu::Regime{registers};
  }

  std::unique_ptr<GuestRam> ram_;
  std::unique_ptr<Engine> engine_;
  PhysAddr next_page_;
  mmu::Regime regime_;
  mmu::TableBuilder tables_;
};

// Where tests put things.
inline constexpr VirtAddr code_va{0x00010000};
inline constexpr VirtAddr data_va{0x00100000};

// Instructions, in words.
inline constexpr std::uint32_t svc_0 = 0xef000000;    // svc #0
inline constexpr std::uint32_t bx_lr = 0xe12fff1e;    // bx lr
inline constexpr std::uint16_t thumb_svc_0 = 0xdf00;  // svc #0

}  // namespace lpaemu::emu::test
