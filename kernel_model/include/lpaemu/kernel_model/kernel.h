// The kernel model as a machine sees it: start a program, then hand it aborts and system calls.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "lpaemu/kernel_model/cpu.h"
#include "lpaemu/kernel_model/events.h"
#include "lpaemu/kernel_model/fs/filesystems.h"
#include "lpaemu/kernel_model/host.h"
#include "lpaemu/kernel_model/mm/fault.h"
#include "lpaemu/kernel_model/syscalls/syscall.h"
#include "lpaemu/kernel_model/task/program.h"
#include "lpaemu/kernel_model/task/signal.h"
#include "lpaemu/kernel_model/task/task.h"

namespace lpaemu::kernel {

/// What a kernel is made with.
struct KernelConfig {
  PhysAddr ram_base;
  std::uint64_t ram_bytes = 0;
  SoftDirtyMode soft_dirty_mode = SoftDirtyMode::documented;
  std::uint32_t uid = 0;
  bool verify_after_faults = false;  // tests
};

/// The end of a guest, for the report and the exit status.
struct ExitReport {
  bool killed = false;
  int status = 0;           // exit status, when not killed
  siginfo info;             // the signal, when killed
  UserRegisters registers;  // at the signal
  bool out_of_memory = false;
  std::string note;  // e.g. "a handler is installed at 0x...; delivery to handlers is not supported yet"
};

/// Where a call or abort is handed over: in a hook of the engine, or around it (docs/ARCHITECTURE.md, System calls).
enum class SyscallPlace : std::uint8_t { hook, outer_loop };

/// What the machine does after a system call or abort.
enum class Next : std::uint8_t {
  resume,      // go on in user mode
  outer_loop,  // nothing was done: stop the engine and call again from the outer loop
  exited,      // the guest has ended: see exit_report()
  /// A wait was cut short by the host (--timeout, SIGINT, SIGTERM). Nothing was done and no register changed: calling
  /// syscall() again makes the same call again.
  interrupted,
};

/// Sees system calls as text-able facts, for --strace.
class SyscallTracer {
 public:
  virtual void on_enter(task_struct& task, std::uint32_t number, const std::array<std::uint32_t, 7>& args) = 0;
  virtual void on_return(task_struct& task, std::uint32_t number, const std::array<std::uint32_t, 7>& args,
                         std::uint32_t r0) = 0;
  /// The call did not return: it ended the task, or a wait of it was interrupted.
  virtual void on_no_return(task_struct& task, std::uint32_t number, const std::array<std::uint32_t, 7>& args) {
    static_cast<void>(task), static_cast<void>(number), static_cast<void>(args);
  }

 protected:
  ~SyscallTracer() = default;
};

/// The kernel of one machine: its tasks, its file systems and what they share.
class Kernel final : public TaskList, private Events::Stamp {
 public:
  /// Requires: memory behind [ram_base, ram_base + ram_bytes), at least one page.
  Kernel(const KernelConfig& config, mmu::PhysicalMemory& memory, Cpu& cpu, Host& host);
  ~Kernel();

  // What the machine, procfs and the handlers of system calls reach through it.
  [[nodiscard]] const KernelConfig& config() const { return config_; }
  [[nodiscard]] Events& events() { return events_; }
  [[nodiscard]] PageAllocator& pages() { return pages_; }
  [[nodiscard]] Host& host() { return host_; }
  [[nodiscard]] Cpu& cpu() { return cpu_; }
  [[nodiscard]] Vfs& vfs() { return *vfs_; }
  /// The root of the guest's file system; /proc, /dev and (when private_tmp) /tmp are mounted on it by the kernel.
  /// Without this call the root is an empty tmpfs. Requires: no task yet.
  void set_root(std::shared_ptr<Inode> root, bool private_tmp);
  /// The root task as it is before a program runs: what vfs() needs to look paths up. Requires: start() not called.
  [[nodiscard]] task_struct& boot_task() { return boot_task_; }

  /// Makes the first task and loads the program: stack, auxv, registers, TTBR0. ENOEXEC, ENOMEM, E2BIG; ENOENT and the
  /// like for a bad cwd.
  [[nodiscard]] Result<void> start(const Program& program, const std::vector<std::string>& argv,
                                   const std::vector<std::string>& envp, const std::string& cwd);
  /// Requires: start() was called.
  [[nodiscard]] task_struct& current() { return *current_; }

  /// A data or prefetch abort. In the hook it is only carried out when it ends in a retry that no stopper wants to see;
  /// else the answer is outer_loop, with nothing done and no event emitted. (One exception: when the host fails to read
  /// a file's page, which shows only on trying, the events come twice.) In the outer loop `fault.va` is exact.
  [[nodiscard]] Next abort(const mmu::Fault& fault, SyscallPlace place);
  /// Undefined instruction, BKPT and the like: raises the signal. From the outer loop.
  [[nodiscard]] Next undefined_instruction(const UserRegisters& registers);
  /// BKPT: SIGTRAP. Not by way of classify: see kernel.cpp. From the outer loop.
  [[nodiscard]] Next breakpoint(const UserRegisters& registers);

  /// SVC: registers are read from the Cpu port, r0 is written back. In the hook a call that may block, switch or exit
  /// answers outer_loop with nothing done.
  [[nodiscard]] Next syscall(SyscallPlace place);
  /// Null: nobody. Requires: `tracer` lives until it is replaced.
  void set_tracer(SyscallTracer* tracer) { tracer_ = tracer; }

  /// How the guest has ended. Requires: exited().
  [[nodiscard]] const ExitReport& exit_report() const { return exit_report_; }
  [[nodiscard]] bool exited() const { return exited_; }

  // TaskList
  [[nodiscard]] task_struct* find(std::int32_t pid) override;
  [[nodiscard]] std::vector<std::int32_t> pids() override;

  // For system-call handlers.
  /// The task's end by exit_group: the run ends when the call returns.
  void exit_group(std::int32_t status);
  /// Sends a signal to the current task. It takes effect when the call returns.
  void raise(const siginfo& info);
  /// The same for a signal that the task cannot escape. [linux kernel/signal.c:force_sig_info]
  void force(const siginfo& info);
  /// Delivers what is pending, as on the way back from every abort and system call. [linux kernel/signal.c:get_signal]
  [[nodiscard]] Next return_to_user();
  /// The address of the SVC instruction that is under way.
  [[nodiscard]] VirtAddr svc_address() const;
  /// One line on the log, once for each number.
  void warn_absent(std::uint32_t number, std::string_view name);

 private:
  void stamp(Event& event) override;

  [[nodiscard]] Result<void> load(const Program& program, const std::vector<std::string>& argv,
                                  const std::vector<std::string>& envp);
  [[nodiscard]] bool wants(const mmu::Fault& fault, const FaultDecision& decision);
  [[nodiscard]] Next run_syscall(const SyscallRow& row, const SyscallArgs& args);
  [[nodiscard]] bool must_wait_for_outer_loop(const SyscallRow& row, const SyscallArgs& args) const;
  [[nodiscard]] Next bad_syscall(std::uint32_t number, const SyscallArgs& args);
  void raise_fault_signal(const mmu::Fault& fault, Verdict verdict);
  void kill(const SignalDelivery& delivery);
  void set_exited(std::uint32_t wait_status);

  KernelConfig config_;
  Cpu& cpu_;
  Host& host_;
  Events events_;
  PageAllocator pages_;
  std::unique_ptr<Vfs> vfs_;
  task_struct boot_task_;
  std::map<std::int32_t, std::unique_ptr<task_struct>> tasks_;
  task_struct* current_ = nullptr;
  SyscallTracer* tracer_ = nullptr;
  ExitReport exit_report_;
  bool exited_ = false;
  Origin kernel_origin_;  // of what happens inside a system call; kernel is false outside of one
  std::set<std::uint32_t> warned_;
  std::optional<Pfn> kuser_page_;
  std::shared_ptr<page_cache> sigpage_;
};

}  // namespace lpaemu::kernel
