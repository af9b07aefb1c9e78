// Costs of the engine's fast paths, in ns: a fault handled in the fill hook, a refill, maintenance. Not a test.
#include <fmt/format.h>

#include <algorithm>
#include <ctime>
#include <vector>

#include "test_machine.h"

namespace lpaemu::emu::test {
namespace {

/// CPU time of this thread: what else the machine does is not in it.
double now_ns() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) * 1e9 + static_cast<double>(time.tv_nsec);
}

double ns_since(double start) { return now_ns() - start; }

constexpr VirtAddr big_va{0x20000000};

/// N data pages and a loop that stores to each: r1 = first, r2 = count.
class StoreLoop {
 public:
  explicit StoreLoop(std::uint32_t pages, bool faults_in_hook = true) : pages_{pages} {
    machine_.code(code_va, {
                               0xe5810000,  // str r0, [r1]
                               0xe2811a01,  // add r1, r1, #4096
                               0xe2522001,  // subs r2, r2, #1
                               0x1afffffb,  // bne code_va
                               svc_0,
                           });
    for (std::uint32_t i = 0; i < pages; ++i) {
      const PhysAddr pa = machine_.map(big_va + i * PAGE_SIZE, rw);
      machine_.word(pa) = 1;
      clean_.push_back(page_descriptor(pa, r_only));
    }
    machine_.fault_handler = [this, faults_in_hook](const mmu::Fault& fault) {
      if (!faults_in_hook && !repair_) return FaultAnswer::fail;
      const std::uint32_t i = (fault.va - big_va) / PAGE_SIZE;
      machine_.set_descriptor(fault.va, mmu::leaf::AP2.with(clean_[i], false));
      machine_.engine().tlbimva(fault.va);
      return FaultAnswer::retry;
    };
  }

  /// One sweep; ns a page.
  double sweep(bool clean, bool flush) {
    if (clean)
      for (std::uint32_t i = 0; i < pages_; ++i) machine_.set_descriptor(big_va + i * PAGE_SIZE, clean_[i]);
    if (flush) machine_.engine().flush_tlb();
    machine_.set_r(1, big_va.raw());
    machine_.set_r(2, pages_);
    machine_.set_pc(code_va);
    const double start = now_ns();
    while (machine_.run().reason == StopReason::fault) {
      repair_ = true;
      (void)machine_.on_fault(mmu::Fault{mmu::FaultKind::permission, 3, VirtAddr{machine_.r(1)}, Access::write, {}});
      repair_ = false;
    }
    return ns_since(start) / pages_;
  }

  double best(bool clean, bool flush) {
    const unsigned repeats = std::max(30U, 200000U / pages_);
    std::vector<double> all;
    for (unsigned i = 0; i < repeats; ++i) all.push_back(sweep(clean, flush));
    std::sort(all.begin(), all.end());
    return all[all.size() / 10];
  }

  TestMachine& machine() { return machine_; }

 private:
  std::uint32_t pages_;
  std::vector<Descriptor> clean_;
  bool repair_ = false;
  TestMachine machine_{{}, GuestRam::default_base, std::uint64_t{512} << 20};
};

template <class F>
double each(unsigned n, F&& f) {
  const double start = now_ns();
  for (unsigned i = 0; i < n; ++i) f();
  return ns_since(start) / n;
}

void faults(std::uint32_t pages) {
  StoreLoop in_hook{pages};
  const double fault = in_hook.best(true, true);
  const double refill = in_hook.best(false, true);
  const double hit = in_hook.best(false, false);
  StoreLoop outer{pages, false};
  fmt::print("{:6} pages: fault in hook {:6.1f}  refill {:6.1f}  hit {:5.1f}  fault in outer loop {:6.1f}\n", pages,
             fault, refill, hit, outer.best(true, true));
}

void maintenance() {
  StoreLoop loop{64};
  Engine& engine = loop.machine().engine();
  loop.sweep(false, true);
  fmt::print("flush_tlb (64 pages used, with its refill) {:.0f}\n", loop.best(false, true) * 64);
  fmt::print("tlbimva {:.0f}\n", each(100000, [&] { engine.tlbimva(big_va); }));
  fmt::print("flush_tlb, nothing to flush {:.0f}\n", each(100000, [&] { engine.flush_tlb(); }));
  fmt::print("user_registers {:.0f}\n", each(100000, [&] { (void)engine.user_registers(); }));
  fmt::print("system_call_registers {:.0f}\n", each(100000, [&] { (void)engine.system_call_registers(); }));
  fmt::print("cpsr {:.1f}\n", each(100000, [&] { (void)engine.cpsr(); }));
  fmt::print("pc {:.1f}\n", each(100000, [&] { (void)engine.pc(); }));
  fmt::print("set_r0 {:.1f}\n", each(100000, [&] { engine.set_r0(1); }));
  fmt::print("set_tls {:.1f}\n", each(100000, [&] { engine.set_tls(1); }));
  const mmu::Pfn code = loop.machine().ram().base().pfn() + 1;
  fmt::print("page_modified, page without code {:.1f}\n", each(100000, [&] { engine.page_modified(code + 100); }));
}

void system_calls() {
  TestMachine machine;
  machine.code(code_va, {
                            svc_0,
                            0xe2522001,  // subs r2, r2, #1
                            0x1afffffc,  // bne code_va
                            0xe3a07001,  // mov r7, #1
                            svc_0,
                        });
  const auto loop = [&](auto handler) {
    constexpr unsigned n = 100000;
    machine.svc_handler = handler;
    machine.set_r(7, 0);
    machine.set_r(2, n);
    machine.set_pc(code_va);
    const double start = now_ns();
    while (machine.run().reason != StopReason::svc || machine.r(7) == 0) {
    }
    return ns_since(start) / n;
  };
  Engine& engine = machine.engine();
  const auto is_end = [&] { return engine.system_call_registers()[7] == 1; };
  fmt::print("SVC, resumed with r0 written {:.0f}\n", loop([&] {
               engine.set_r0(0);
               return is_end() ? SvcAnswer::stop : SvcAnswer::resume;
             }));
  fmt::print("SVC, resumed with all registers written {:.0f}\n", loop([&] {
               if (is_end()) return SvcAnswer::stop;
               engine.set_user_registers(engine.user_registers());
               return SvcAnswer::resume;
             }));
  fmt::print("SVC, monitor cleared {:.0f}\n", loop([&] {
               if (is_end()) return SvcAnswer::stop;
               engine.clear_exclusive_monitor();
               return SvcAnswer::resume;
             }));
  fmt::print("SVC, stopped {:.0f}\n", loop([&] { return SvcAnswer::stop; }));
}

/// 8192 blocks of two instructions, run once: ns a block, the translation included.
void translation(bool large_tlb) {
  TestMachine machine;
  constexpr std::uint32_t pages = 16;
  for (std::uint32_t page = 0; page < pages; ++page) {
    const PhysAddr pa = machine.map(code_va + page * PAGE_SIZE, rx);
    for (std::uint32_t offset = 0; offset < PAGE_SIZE; offset += 8) {
      machine.word(pa + offset) = 0xe2800001;      // add r0, r0, #1
      machine.word(pa + offset + 4) = 0xeaffffff;  // b to the next instruction
    }
  }
  machine.code(code_va + pages * PAGE_SIZE, {svc_0});
  constexpr VirtAddr sweep_va{0x00800000};
  machine.code(sweep_va, {
                             0xe5810000,  // str r0, [r1]
                             0xe2811a01,  // add r1, r1, #4096
                             0xe2522001,  // subs r2, r2, #1
                             0x1afffffb,  // bne sweep_va
                             svc_0,
                         });
  const std::uint32_t swept = large_tlb ? 3000 : 1;
  const PhysAddr data = machine.new_page();
  for (std::uint32_t i = 0; i < swept; ++i) machine.map(big_va + i * PAGE_SIZE, data, rw);
  for (int i = 0; i < 200; ++i) {
    machine.set_r(1, big_va.raw());
    machine.set_r(2, swept);
    (void)machine.run_from(sweep_va);
  }
  const double start = now_ns();
  (void)machine.run_from(code_va);
  fmt::print("a block translated, {} soft TLB: {:.0f}\n", large_tlb ? "large" : "small",
             ns_since(start) / (pages * (PAGE_SIZE / 8.0)));
}

void start_up() {
  const double start = now_ns();
  TestMachine machine;
  machine.code(code_va, {svc_0});
  (void)machine.run_from(code_va);
  fmt::print("a machine from nothing to its first SVC {:.0f} us\n", ns_since(start) / 1000);
}

}  // namespace
}  // namespace lpaemu::emu::test

int main() {
  using namespace lpaemu::emu::test;
  start_up();
  for (const std::uint32_t pages : {64U, 1024U, 4096U, 65536U}) faults(pages);
  maintenance();
  system_calls();
  translation(false);
  translation(true);
}
