// The debugger's core: execution control, stops, and who is told. The prompt, the GDB server and tests are its faces.
//
// The core runs the machine's outer loop itself. Every stop ends in one call of the face, be it between two
// instructions or, at a fault, in the middle of the kernel model's handler, which waits for the answer.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>

#include "lpaemu/emu/debugger/history.h"
#include "lpaemu/emu/debugger/points.h"
#include "lpaemu/emu/debugger/stop_event.h"
#include "lpaemu/emu/machine/user.h"

namespace lpaemu::emu {

enum class DebugEnd : std::uint8_t { exited, killed, detached };

class Debugger final : private kernel::Stopper, private kernel::Observer {
 public:
  /// `clear_interrupt`: undoes what an interrupt has done to the host's waits. Requires: `machine` has loaded its
  /// program, was made to be debugged, and outlives this.
  [[nodiscard]] static Expected<std::unique_ptr<Debugger>, Error> attach(UserMachine& machine,
                                                                         std::function<void()> clear_interrupt);
  ~Debugger();
  Debugger(const Debugger&) = delete;
  Debugger& operator=(const Debugger&) = delete;

  /// Runs the guest from where it stands, with a first stop before that, until it ends or the face says so.
  [[nodiscard]] Expected<DebugEnd, Error> run(Face& face);

  [[nodiscard]] UserMachine& machine() { return machine_; }
  [[nodiscard]] kernel::mm_struct& mm() { return *machine_.kernel().current().mm; }
  [[nodiscard]] Points& points() { return points_; }
  [[nodiscard]] const History& history() const { return history_; }

  /// The fault that is being handled. Requires: at_fault().
  using CurrentFault = emu::CurrentFault;
  [[nodiscard]] const CurrentFault& current_fault() const { return fault_; }

  // What a face may ask at a stop.
  [[nodiscard]] const StopEvent& last_stop() const { return last_stop_; }
  [[nodiscard]] bool at_fault() const { return last_stop_.kind == StopKind::fault; }
  [[nodiscard]] kernel::UserRegisters registers() const { return machine_.engine().user_registers(); }
  void set_registers(const kernel::UserRegisters& registers) { machine_.engine().set_user_registers(registers); }
  /// Lets the kernel handle this fault as if an instruction had caused it, and asks the face at its phases; then the
  /// guest stands where it stood. No signal comes of it. Begins when the face answers `phase`.
  /// Requires: no fault is being handled.
  void inject(const mmu::Fault& fault) { injected_ = fault; }
  /// Whether the fault that is being handled was injected.
  [[nodiscard]] bool injecting() const { return injected_.has_value(); }
  /// What an expression is worth at this stop.
  [[nodiscard]] Expected<std::uint32_t, Error> evaluate(const CompiledExpression& expression);
  /// Somebody wanted to stop what the face was doing, not the guest.
  void forget_interrupt() {
    static_cast<void>(machine_.engine().forget_stop_request());
    clear_interrupt_();
  }
  /// The step that is asked for next counts for `more` steps more, unless something else stops it.
  void repeat_step(std::uint32_t more) { more_steps_ = more; }

 private:
  Debugger(UserMachine& machine, std::function<void()> clear_interrupt);

  // Stopper and Observer
  bool wants(const mmu::Fault& fault, kernel::Verdict verdict) override;
  void at_phase(const kernel::Event& event) override;
  bool wants_syscall(std::uint32_t number) override;
  bool at_signal(const kernel::siginfo& info) override;
  void on_event(const kernel::Event& event) override;

  /// Watched ranges, and what they hold.
  using WatchedValues = std::vector<std::pair<VirtAddr, std::vector<std::byte>>>;
  /// An instruction that touches a watched page, on its way with the page opened.
  struct Watched {
    std::vector<DataAccess> accesses;
    WatchedValues before;
    VirtAddr pc;
    bool told = false;  // a GDB was stopped before it
  };

  [[nodiscard]] Expected<void, Error> turn();
  [[nodiscard]] Expected<void, Error> let_kernel_handle(const Stop& stopped, bool single);
  void handle_injected();
  [[nodiscard]] std::optional<std::vector<int>> enter_syscall(std::uint32_t number);
  [[nodiscard]] bool may_go_on_from(StopEvent event);
  void report_after(const WatchedValues& watched_before, VirtAddr pc, std::optional<std::uint32_t> syscall,
                    const std::vector<int>& caught_by);
  void stop(StopEvent event);
  void plan_code_stops(std::optional<VirtAddr> step_from);
  void plan_watches();
  void at_stop_address();
  void instruction_done();
  void begin_watched();
  [[nodiscard]] bool report_watched();
  /// The first access that `point` watches; null: none.
  [[nodiscard]] static const DataAccess* find_watched(const Point& point, const std::vector<DataAccess>& accesses);
  [[nodiscard]] WatchHit hit_of(const Point& point, const DataAccess& access, const Watched& watched);
  void drop_watched();
  /// As far as there is memory.
  [[nodiscard]] std::vector<std::byte> bytes_of(const Point& point);
  [[nodiscard]] WatchedValues values_of(const std::function<bool(const Point& point)>& wanted);
  [[nodiscard]] WatchedValues watched_values();
  void report_kernel_stores(const WatchedValues& before, VirtAddr pc, std::uint32_t number);
  [[nodiscard]] bool matches_fault(const Point& point, const CurrentFault& current);
  /// Whether `point` has no condition or a true one. One that cannot be evaluated counts as true, and the stop says so.
  [[nodiscard]] bool holds(const Point& point, const CurrentFault* fault = nullptr);
  /// What holds() could not evaluate, of these points.
  [[nodiscard]] std::vector<ConditionFailure> failures_of(const std::vector<int>& points);
  void roll_back_svc();
  [[nodiscard]] bool stepping() const { return resume_.kind == ResumeKind::step; }
  [[nodiscard]] bool leaving() const { return resume_.kind == ResumeKind::kill || resume_.kind == ResumeKind::detach; }

  UserMachine& machine_;
  std::function<void()> clear_interrupt_;
  Points points_;
  History history_;
  Face* face_ = nullptr;
  StopEvent last_stop_;
  std::uint64_t stops_ = 0;
  Resume resume_;
  std::uint32_t more_steps_ = 0;
  bool exited_ = false;
  bool asking_ = false;  // the face is being asked: what happens now is the debugger's own doing

  std::map<VirtAddr, InstructionSet> planted_;
  std::map<std::uint32_t, Rights> refused_;  // by page number
  std::optional<VirtAddr> passed_;           // the breakpoint here was reported: to be stepped over
  std::optional<Watched> watched_;
  std::optional<VirtAddr> told_;  // a GDB was stopped before the access that the instruction here makes
  CurrentFault fault_;            // the one that wants() has agreed to
  std::optional<mmu::Fault> injected_;
  std::vector<ConditionFailure> condition_failures_;  // one a point, of its last evaluation
  std::vector<PteChange> pte_changes_;                // caught in a system call, to be reported when it is done
  std::optional<std::vector<int>> refs_cleared_;      // the same
};

}  // namespace lpaemu::emu
