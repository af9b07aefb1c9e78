#include "lpaemu/kernel_model/kernel.h"

#include <fmt/format.h>

#include "log.h"
#include "lpaemu/kernel_model/mm/mmap.h"
#include "lpaemu/kernel_model/mm/page_cache.h"
#include "lpaemu/kernel_model/mm/uaccess.h"
#include "lpaemu/kernel_model/mm/verify.h"
#include "lpaemu/kernel_model/task/exec.h"
#include "lpaemu/kernel_model/task/kuser.h"
#include "lpaemu/mmu/assert.h"
#include "syscalls/handlers.h"

namespace lpaemu::kernel {
namespace {

constexpr std::int32_t first_pid = 1;
constexpr Asid first_asid{1};  // 0 is never a process's [linux arch/arm/mm/context.c]
constexpr std::uint32_t nr_execve = 11;

/// With fewer free pages than a fault can need (a page, its two tables, a page to read a file into), the hook leaves
/// the fault to the outer loop, where running out of memory can end the task.
constexpr std::uint64_t hook_reserve_pages = 8;

/// [linux include/asm-generic/resource.h:INIT_RLIMITS]
void set_initial_rlimits(task_struct& task, const mm_struct& mm) {
  task.rlimit_soft.fill(RLIM_INFINITY);
  task.rlimit_hard.fill(RLIM_INFINITY);
  const auto set = [&](std::size_t resource, std::uint64_t soft, std::uint64_t hard) {
    task.rlimit_soft[resource] = soft;
    task.rlimit_hard[resource] = hard;
  };
  constexpr std::uint64_t mlock_limit = 8U << 20, message_limit = 819200, processes = 4096;
  set(RLIMIT_STACK, mm.rlimit_stack, RLIM_INFINITY);
  set(RLIMIT_CORE, 0, RLIM_INFINITY);
  set(RLIMIT_NPROC, processes, processes);
  set(RLIMIT_NOFILE, FdTable::limit, FdTable::limit);
  set(RLIMIT_MEMLOCK, mlock_limit, mlock_limit);
  set(RLIMIT_SIGPENDING, processes, processes);
  set(RLIMIT_MSGQUEUE, message_limit, message_limit);
  set(RLIMIT_NICE, 0, 0);
  set(RLIMIT_RTPRIO, 0, 0);
}

std::string comm_of(const std::string& path) {
  constexpr std::size_t task_comm_len = 16;  // with the NUL
  return path.substr(path.rfind('/') + 1).substr(0, task_comm_len - 1);
}

}  // namespace

Kernel::Kernel(const KernelConfig& config, mmu::PhysicalMemory& memory, Cpu& cpu, Host& host)
    : config_{config}, cpu_{cpu}, host_{host}, pages_{memory, cpu, config.ram_base, config.ram_bytes} {
  events_.set_stamp(this);
  boot_task_.kernel = this;
  boot_task_.uid = boot_task_.gid = config.uid;
  constexpr std::uint32_t root_mode = 0755;
  set_root(make_tmpfs(pages_, host_, root_mode), true);
}

Kernel::~Kernel() {
  // Address spaces give their pages back while the allocator still lives.
  tasks_.clear();
  sigpage_.reset();
  if (kuser_page_) pages_.put(*kuser_page_);
}

void Kernel::set_root(std::shared_ptr<Inode> root, bool private_tmp) {
  LPAEMU_ASSERT(current_ == nullptr, "a program runs already");
  constexpr std::uint32_t tmp_mode = 01777;
  vfs_ = std::make_unique<Vfs>(std::move(root));
  vfs_->mount("/proc", make_procfs(*this, pages_, host_));
  vfs_->mount("/dev", make_devfs(host_));
  if (private_tmp) vfs_->mount("/tmp", make_tmpfs(pages_, host_, tmp_mode));
  boot_task_.cwd = vfs_->root();
}

// ---- Starting ------------------------------------------------------------------------------------------------------

Result<void> Kernel::start(const Program& program, const std::vector<std::string>& argv,
                           const std::vector<std::string>& envp, const std::string& cwd) {
  LPAEMU_ASSERT(current_ == nullptr, "a program runs already");
  LPAEMU_TRY(mm,
             mm_struct::create(
                 MmContext{.pages = pages_, .cpu = cpu_, .events = events_, .soft_dirty_mode = config_.soft_dirty_mode},
                 first_asid));
  LPAEMU_TRY(directory, vfs_->lookup(boot_task_, vfs_->root(), cwd, Follow::yes));
  if (directory.inode->stat().type != FileType::directory) return unexpected(Errno::enotdir);

  auto task = std::make_unique<task_struct>();
  task->kernel = this;
  task->pid = task->tgid = first_pid;
  task->comm = comm_of(program.path);
  task->uid = task->gid = config_.uid;
  task->mm = std::move(mm);
  task->files = std::make_shared<FdTable>();
  task->cwd = std::move(directory);
  task->exe = program.path;
  task->exe_inode = program.file ? program.file->inode_ptr() : nullptr;
  task->start_time_ns = static_cast<std::uint64_t>(host_.monotonic().count());
  if (program.read_implies_exec) task->personality |= READ_IMPLIES_EXEC;
  set_initial_rlimits(*task, *task->mm);
  for (const Stream stream : {Stream::input, Stream::output, Stream::error})
    LPAEMU_TRY_VOID(task->files->install(open_stream(host_, stream), false));

  current_ = task.get();
  tasks_[task->pid] = std::move(task);
  kernel_origin_ = Origin{.kernel = true, .syscall = nr_execve, .pc = VirtAddr{}};
  auto loaded = load(program, argv, envp);
  kernel_origin_ = {};
  if (!loaded) {
    current_ = nullptr;
    tasks_.clear();
  }
  return loaded;
}

Result<void> Kernel::load(const Program& program, const std::vector<std::string>& argv,
                          const std::vector<std::string>& envp) {
  if (!kuser_page_) {
    kuser_page_ = pages_.alloc();
    if (!kuser_page_) return unexpected(Errno::enomem);
    fill_kuser_page(pages_.bytes(*kuser_page_));
    pages_.stored_into(*kuser_page_);
  }
  if (!sigpage_) {
    auto cache = std::make_shared<page_cache>(pages_, mmu::PAGE_SIZE);
    LPAEMU_TRY(page, cache->get_page(0));
    fill_sigpage(pages_.bytes(page));
    pages_.stored_into(page);
    sigpage_ = std::move(cache);
  }
  LPAEMU_TRY_VOID(install_vectors(*current_->mm, *kuser_page_));
  const ExecRequest request{.program = program, .argv = argv, .envp = envp, .sigpage = sigpage_};
  LPAEMU_TRY(registers, exec_program(*current_, request, host_));
  cpu_.set_ttbr0(current_->mm->ttbr0());
  cpu_.set_tls(0);
  cpu_.set_vfp_registers({});
  cpu_.set_user_registers(registers);
  return {};
}

// ---- Aborts --------------------------------------------------------------------------------------------------------

bool Kernel::wants(const mmu::Fault& fault, const FaultDecision& decision) {
  Stopper* const stopper = events_.stopper();
  return stopper != nullptr && stopper->wants(fault, decision.verdict);
}

Next Kernel::abort(const mmu::Fault& fault, SyscallPlace place) {
  mm_struct& mm = *current_->mm;
  const FaultDecision decision = classify(mm, fault);
  const bool in_hook = place == SyscallPlace::hook;
  if (in_hook && (is_fatal(decision.verdict) || wants(fault, decision) || pages_.free_pages() < hook_reserve_pages))
      [[unlikely]]
    return Next::outer_loop;

  const Verdict verdict = in_hook ? do_abort(mm, fault, decision) : do_abort_stepped(mm, fault, decision);
  if (config_.verify_after_faults) {
    const std::string complaint = verify(mm);
    LPAEMU_ASSERT(complaint.empty(), "after a fault at {:#x}: {}", fault.va.raw(), complaint);
  }
  if (!is_fatal(verdict)) [[likely]]
    return Next::resume;
  if (in_hook) return Next::outer_loop;
  raise_fault_signal(fault, verdict);
  return return_to_user();
}

/// The FSR word as Linux hands it on: with a mark of its own on that of a prefetch abort.
/// [linux arch/arm/mm/fault.c:do_PrefetchAbort] [P-47, P-48]
static std::uint32_t marked_fsr(const mmu::Fault& fault) {
  if (fault.access != mmu::Access::execute) return mmu::dfsr_of(fault).raw();
  return mmu::IFSR::LNX_PF.with(mmu::ifsr_of(fault), true).raw();
}

/// [linux arch/arm/mm/fault.c:__do_user_fault, do_DataAbort] [linux-lpae-pte 10, 11]
void Kernel::raise_fault_signal(const mmu::Fault& fault, Verdict verdict) {
  siginfo info{.addr = fault.va, .fsr = marked_fsr(fault)};
  switch (verdict) {
    case Verdict::segv_maperr: info.signo = sigsegv, info.code = segv_maperr; break;
    case Verdict::segv_accerr: info.signo = sigsegv, info.code = segv_accerr; break;
    case Verdict::bus_adrerr: info.signo = sigbus, info.code = bus_adrerr; break;
    case Verdict::bus_adraln: info.signo = sigbus, info.code = bus_adraln; break;
    case Verdict::trap_debug: info.signo = sigtrap, info.code = trap_hwbkpt; break;
    case Verdict::oom:
      exit_report_.out_of_memory = true;
      info.signo = sigkill, info.code = si_kernel;
      break;
    default: {
      const FsrInfo& row = fsr_info(fault_status(fault.kind, fault.level));
      info.signo = row.signal, info.code = row.code;
      break;
    }
  }
  force(info);
}

// ---- Traps ---------------------------------------------------------------------------------------------------------

/// Whether the undefined instruction at pc is one of the three that debuggers plant.
/// [linux arch/arm/kernel/ptrace.c:arm_break_hook, thumb_break_hook, thumb2_break_hook]
static bool is_break_instruction(mm_struct& mm, const UserRegisters& registers) {
  constexpr std::uint32_t arm_break_mask = 0x0fffffff, arm_break = 0x07f001f0;
  constexpr std::uint16_t thumb_break = 0xde01, thumb2_break_first = 0xf7f0, thumb2_break_second = 0xa000;
  if (!registers.thumb()) {
    const auto word = get_user<std::uint32_t>(mm, registers.pc());
    return word && (*word & arm_break_mask) == arm_break;
  }
  const auto first = get_user<std::uint16_t>(mm, registers.pc());
  if (!first || *first != thumb2_break_first) return first && *first == thumb_break;
  const auto second = get_user<std::uint16_t>(mm, registers.pc() + sizeof(std::uint16_t));
  return second && *second == thumb2_break_second;
}

Next Kernel::undefined_instruction(const UserRegisters& registers) {
  const bool planted = is_break_instruction(*current_->mm, registers);
  force(planted ? siginfo{.signo = sigtrap, .code = trap_brkpt, .addr = registers.pc()}
                : siginfo{.signo = sigill, .code = ill_illopc, .addr = registers.pc()});
  return return_to_user();
}

/// BKPT is a prefetch abort with the debug status; no hardware breakpoint claims it.
/// [linux arch/arm/kernel/hw_breakpoint.c:hw_breakpoint_pending] [linux-lpae-pte 10, row 34]
Next Kernel::breakpoint(const UserRegisters& registers) {
  const mmu::Fault fault{.kind = mmu::FaultKind::debug_event,
                         .level = 0,
                         .va = registers.pc(),
                         .access = mmu::Access::execute,
                         .privilege = mmu::Privilege::pl0};
  force(siginfo{.signo = sigtrap, .code = trap_hwbkpt, .addr = registers.pc(), .fsr = marked_fsr(fault)});
  return return_to_user();
}

// ---- System calls --------------------------------------------------------------------------------------------------

Next Kernel::syscall(SyscallPlace place) {
  const auto registers = cpu_.system_call_registers();
  SyscallArgs args;
  std::copy_n(registers.begin(), args.r.size(), args.r.begin());
  const std::uint32_t number = registers[7];
  const SyscallRow* row = find_syscall(number);
  if (place == SyscallPlace::hook) {
    if (row == nullptr || must_wait_for_outer_loop(*row, args)) return Next::outer_loop;
    if (Stopper* const stopper = events_.stopper(); stopper != nullptr && stopper->wants_syscall(number))
      return Next::outer_loop;
  }
  if (row == nullptr) return bad_syscall(number, args);
  return run_syscall(*row, args);
}

bool Kernel::must_wait_for_outer_loop(const SyscallRow& row, const SyscallArgs& args) const {
  if (current_->pending != 0) return true;  // a mask or action that changes now may end the task
  switch (row.place) {
    case Place::never: return false;
    case Place::always: return true;
    case Place::on_input:
    case Place::on_output: break;
  }
  const auto file = current_->files->get(args[0]);
  if (!file || !(*file)->may_block()) return false;
  return row.place == Place::on_output || !(*file)->ready_to_read();
}

/// Registers are read whole only for this: r15 is behind the SVC.
VirtAddr Kernel::svc_address() const {
  const UserRegisters registers = cpu_.user_registers();
  return registers.pc() - (registers.thumb() ? 2U : 4U);
}

Next Kernel::run_syscall(const SyscallRow& row, const SyscallArgs& args) {
  kernel_origin_ = Origin{.kernel = true, .syscall = row.number, .pc = VirtAddr{}};
  if (events_.active()) kernel_origin_.pc = svc_address();
  events_.emit({.kind = EventKind::SyscallEntered, .value_after = row.number});
  if (tracer_ != nullptr) tracer_->on_enter(*current_, row.number, args.r);

  const SyscallResult result = row.handler(*current_, args);
  if (!result && result.error() == Errno::enosys) [[unlikely]] {
    const bool on_purpose = row.handler == sys_ni_syscall && row.support != Support::absent;
    if (!on_purpose) warn_absent(row.number, row.name);
  }
  const bool again = !result && result.error() == Errno::erestartsys;
  if (exited_ || again) {
    if (tracer_ != nullptr) tracer_->on_no_return(*current_, row.number, args.r);
    kernel_origin_ = {};
    return exited_ ? Next::exited : Next::interrupted;
  }
  current_->restart_deadline.reset();
  const std::uint32_t r0 = result ? *result : 0U - static_cast<std::uint32_t>(result.error());
  cpu_.set_r0(r0);
  if (tracer_ != nullptr) tracer_->on_return(*current_, row.number, args.r, r0);
  events_.emit({.kind = EventKind::SyscallReturned, .value_before = row.number, .value_after = r0});
  kernel_origin_ = {};
  return current_->pending == 0 ? Next::resume : return_to_user();
}

/// A number that has no row: ENOSYS below ARM's private calls and for the first 0x800 of those, a signal beyond.
/// [linux arch/arm/kernel/traps.c:arm_syscall, bad_syscall]
Next Kernel::bad_syscall(std::uint32_t number, const SyscallArgs& args) {
  constexpr std::uint32_t private_calls = 0x800;
  if (number < ARM_NR_BASE || (number > ARM_NR_BASE && number < ARM_NR_BASE + private_calls))
    return run_syscall({number, "unknown", sys_ni_syscall, Place::never, Support::absent, ""}, args);
  force(number == ARM_NR_BASE ? siginfo{.signo = sigsegv, .code = segv_maperr}
                              : siginfo{.signo = sigill, .code = ill_illtrp, .addr = svc_address()});
  return return_to_user();
}

void Kernel::warn_absent(std::uint32_t number, std::string_view name) {
  if (warned_.insert(number).second)
    logger("kernel.syscalls")->warn("system call {} ({}) is not supported: ENOSYS", number, name);
}

// ---- Signals and the end -------------------------------------------------------------------------------------------

void Kernel::raise(const siginfo& info) {
  events_.emit(
      {.kind = EventKind::SignalRaised, .address = info.addr, .value_after = static_cast<std::uint64_t>(info.signo)});
  send_signal(*current_, info);
}

void Kernel::force(const siginfo& info) {
  events_.emit(
      {.kind = EventKind::SignalRaised, .address = info.addr, .value_after = static_cast<std::uint64_t>(info.signo)});
  force_signal(*current_, info);
}

Next Kernel::return_to_user() {
  if (exited_) return Next::exited;
  while (const auto delivery = take_signal(*current_)) {
    Stopper* const stopper = events_.stopper();
    if (stopper != nullptr && !stopper->at_signal(delivery->info)) continue;
    kill(*delivery);
    return Next::exited;
  }
  return Next::resume;
}

void Kernel::kill(const SignalDelivery& delivery) {
  const int signo = delivery.info.signo;
  exit_report_.killed = true;
  exit_report_.info = delivery.info;
  exit_report_.registers = cpu_.user_registers();
  if (delivery.handler != sig_dfl)
    exit_report_.note =
        fmt::format("a handler for {} is installed at {:#010x}; delivery of signals to handlers is not supported yet",
                    signal_name(signo), delivery.handler);
  else if (delivery.action == SignalAction::stop)
    exit_report_.note = fmt::format("{} stops a process; stopping is not supported yet", signal_name(signo));
  set_exited(static_cast<std::uint32_t>(signo));
}

void Kernel::exit_group(std::int32_t status) {
  constexpr std::int32_t status_mask = 0xff;
  constexpr unsigned status_shift = 8;
  exit_report_.status = status & status_mask;
  exit_report_.registers = cpu_.user_registers();
  set_exited(static_cast<std::uint32_t>(status & status_mask) << status_shift);
}

void Kernel::set_exited(std::uint32_t wait_status) {
  exited_ = true;
  current_->exit_status = wait_status;
  events_.emit({.kind = EventKind::Exited, .value_after = wait_status});
}

// ---- Ports ---------------------------------------------------------------------------------------------------------

void Kernel::stamp(Event& event) {
  event.time_ns = static_cast<std::uint64_t>(host_.monotonic().count());
  if (current_ != nullptr) {
    event.pid = current_->tgid;
    event.tid = current_->pid;
  }
  event.origin = kernel_origin_.kernel ? kernel_origin_ : Origin{.kernel = false, .syscall = 0, .pc = cpu_.pc()};
}

task_struct* Kernel::find(std::int32_t pid) {
  const auto found = tasks_.find(pid);
  return found == tasks_.end() ? nullptr : found->second.get();
}

std::vector<std::int32_t> Kernel::pids() {
  std::vector<std::int32_t> all;
  all.reserve(tasks_.size());
  for (const auto& [pid, task] : tasks_) all.push_back(pid);
  return all;
}

}  // namespace lpaemu::kernel
