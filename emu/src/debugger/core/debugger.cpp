// The loop: run the guest, look why it stopped, let the kernel model do its part, ask the face.
#include "lpaemu/emu/debugger/debugger.h"

#include "lpaemu/kernel_model/syscalls/syscall.h"

namespace lpaemu::emu {

using kernel::Next;

namespace {

bool catches(const Point& point, std::uint32_t syscall) {
  return point.kind == PointKind::syscall && (!point.syscall || point.syscall == syscall);
}

bool ends_the_guest(std::uint32_t syscall) {
  const kernel::SyscallRow* const row = kernel::find_syscall(syscall);
  return row != nullptr && (row->name == "exit" || row->name == "exit_group");
}

bool breaks_at(const Point& point, const kernel::UserRegisters& registers) {
  return point.kind == PointKind::breakpoint && point.range.start == registers.pc() && registers.sp() >= point.least_sp;
}

std::uint32_t svc_size(const kernel::UserRegisters& behind) { return behind.thumb() ? 2 : 4; }

/// CPSR before a Thumb SVC inside an IT block: advancing has shifted one bit out, which the condition that let the SVC
/// execute gives back. [armv7 A2.5.2]
mmu::Psr cpsr_before_svc(mmu::Psr after) {
  constexpr Encoding svc{.bits = 0xdf00, .size = 2, .set = InstructionSet::thumb};
  constexpr unsigned low_bits = 2, first_mask = 0xe0, rest_mask = 0x1f, lost_bit = 0x10;
  const unsigned it = mmu::PSR::IT_HIGH.get(after) << low_bits | mmu::PSR::IT_LOW.get(after);
  if (it == 0) return after;
  for (const unsigned lost : {0U, lost_bit}) {
    const unsigned before = (it & first_mask) | lost | (it & rest_mask) >> 1;
    const mmu::Psr psr = mmu::PSR::IT_LOW.with(mmu::PSR::IT_HIGH.with(after, before >> low_bits), before & 3);
    if (condition_passed(svc, psr)) return psr;
  }
  return after;
}

}  // namespace

Expected<std::unique_ptr<Debugger>, Error> Debugger::attach(UserMachine& machine,
                                                            std::function<void()> clear_interrupt) {
  LPAEMU_TRY_VOID(machine.engine().enable_debugging());
  return std::unique_ptr<Debugger>{new Debugger{machine, std::move(clear_interrupt)}};
}

Debugger::Debugger(UserMachine& machine, std::function<void()> clear_interrupt)
    : machine_{machine}, clear_interrupt_{std::move(clear_interrupt)} {
  machine_.code().look_ahead();
  machine_.kernel().events().set_stopper(this);
  machine_.kernel().events().add(*this);
}

Debugger::~Debugger() {
  machine_.kernel().events().remove(*this);
  machine_.kernel().events().set_stopper(nullptr);
  points_.remove_if([](const Point&) { return true; });
  plan_code_stops(std::nullopt);
  plan_watches();
}

Expected<DebugEnd, Error> Debugger::run(Face& face) {
  face_ = &face;
  stop({.kind = StopKind::started});
  while (!exited_ && !leaving()) {
    if (injected_)
      handle_injected();
    else
      LPAEMU_TRY_VOID(turn());
  }
  if (exited_) return DebugEnd::exited;
  return resume_.kind == ResumeKind::kill ? DebugEnd::killed : DebugEnd::detached;
}

void Debugger::stop(StopEvent event) {
  ++stops_;
  drop_watched();
  const kernel::task_struct& task = machine_.kernel().current();
  event.pid = task.tgid;
  event.tid = task.pid;
  event.condition_failures = failures_of(event.points);
  last_stop_ = std::move(event);
  more_steps_ = 0;
  last_stop_.asked_for = machine_.engine().forget_stop_request();
  clear_interrupt_();
  // A breakpoint here is seen now, unless the stop came from elsewhere. One that the face moves the PC to is not.
  passed_.reset();
  switch (last_stop_.kind) {
    case StopKind::started:
    case StopKind::breakpoint:
    case StopKind::stepped:
    case StopKind::fault:
    case StopKind::injected:
    case StopKind::signal: passed_ = machine_.engine().pc(); break;
    default: break;
  }
  asking_ = true;
  resume_ = face_->on_stop(last_stop_);
  asking_ = false;
  if (resume_.stop_here) passed_.reset();
}

// ---- One turn ------------------------------------------------------------------------------------------------------

Expected<void, Error> Debugger::turn() {
  // The debugger's own, which waits for no system call.
  if (kernel::signal_pending(machine_.kernel().current())) {
    exited_ = machine_.kernel().return_to_user() == Next::exited;
    if (exited_) stop({.kind = StopKind::exited});
    if (exited_ || leaving()) return {};
  }
  const VirtAddr start = machine_.engine().pc();
  const bool single = stepping() || watched_ || (passed_ == start && points_.any([&](const Point& point) {
                        return point.kind == PointKind::breakpoint && point.range.start == start;
                      }));
  plan_watches();
  plan_code_stops(single ? std::optional{start} : std::nullopt);
  machine_.engine().set_stepping(single);
  const Stop stopped = machine_.enter();
  machine_.engine().set_stepping(false);

  switch (stopped.reason) {
    case StopReason::stop_address:
      if (single)
        instruction_done();
      else
        at_stop_address();
      return {};
    case StopReason::stepped: instruction_done(); return {};
    case StopReason::requested: stop({.kind = StopKind::interrupted}); return {};
    case StopReason::watched: begin_watched(); return {};
    case StopReason::fault:
      // The next instruction cannot even be fetched: that is its own affair, when it is run.
      if (single && stopped.fault.access == mmu::Access::execute && machine_.engine().pc() != start) {
        instruction_done();
        return {};
      }
      break;
    default: break;
  }
  return let_kernel_handle(stopped, single);
}

/// The tables were asked when the fault was injected; nothing has run since.
void Debugger::handle_injected() {
  machine_.inject(*injected_);
  injected_.reset();
  if (!leaving() && resume_.kind != ResumeKind::proceed) stop({.kind = StopKind::injected});
}

/// Asks the face before a system call is made. False: it is not to be made now.
bool Debugger::may_go_on_from(StopEvent event) {
  const VirtAddr behind = machine_.engine().pc();
  stop(std::move(event));
  if (leaving()) roll_back_svc();
  return !leaving() && machine_.engine().pc() == behind;
}

/// A caught system call stops before it is made. The points that caught it; nothing: it is not to be made now.
std::optional<std::vector<int>> Debugger::enter_syscall(std::uint32_t number) {
  constexpr std::uint32_t status_mask = 0xff;
  const auto caught_by = points_.hit([&](const Point& point) { return catches(point, number) && holds(point); });
  if (caught_by && !may_go_on_from({.kind = StopKind::syscall_entry, .points = *caught_by, .syscall = number}))
    return std::nullopt;
  auto exits = std::optional<std::vector<int>>{};
  if (ends_the_guest(number))
    exits = points_.hit([&](const Point& point) { return point.kind == PointKind::exit && holds(point); });
  if (exits && !may_go_on_from({.kind = StopKind::exiting,
                                .points = std::move(*exits),
                                .syscall = number,
                                .result = registers().r[0] & status_mask}))
    return std::nullopt;
  return caught_by.value_or(std::vector<int>{});
}

Expected<void, Error> Debugger::let_kernel_handle(const Stop& stopped, bool single) {
  VirtAddr under_way = machine_.engine().pc();  // the instruction
  std::optional<std::uint32_t> syscall;
  std::vector<int> caught_by;
  WatchedValues watched_before;
  if (stopped.reason == StopReason::svc) {
    const kernel::UserRegisters behind = registers();
    syscall = behind.r[7];
    under_way = under_way - svc_size(behind);
    auto entered = enter_syscall(*syscall);
    if (!entered) return {};
    caught_by = std::move(*entered);
    watched_before = watched_values();
  }
  LPAEMU_TRY(next, machine_.handle(stopped));
  if (next == Next::exited) {
    exited_ = true;
    stop({.kind = StopKind::exited});
  } else if (next == Next::interrupted) {
    roll_back_svc();
    stop({.kind = StopKind::interrupted});
  } else if (!leaving()) {
    const bool step = single || stepping();
    const std::uint64_t stops = stops_;
    report_after(watched_before, under_way, syscall, caught_by);
    if (stops == stops_ && step && machine_.engine().pc() != under_way) instruction_done();
  }
  return {};
}

/// What a system call has done that somebody wants to know.
void Debugger::report_after(const WatchedValues& watched_before, VirtAddr pc, std::optional<std::uint32_t> syscall,
                            const std::vector<int>& caught_by) {
  for (PteChange& change : std::exchange(pte_changes_, {})) {
    stop({.kind = StopKind::pte_change, .points = change.points, .pte = change});
    if (leaving()) return;
  }
  if (!syscall) return;
  if (auto numbers = std::exchange(refs_cleared_, std::nullopt)) {
    stop({.kind = StopKind::refs_cleared, .points = std::move(*numbers), .syscall = *syscall});
    if (leaving()) return;
  }
  report_kernel_stores(watched_before, pc, *syscall);
  if (leaving()) return;
  // The return belongs to the hit at the entry, as long as its point is there.
  std::vector<int> still_there;
  for (const int number : caught_by)
    if (points_.any([&](const Point& point) { return point.number == number && catches(point, *syscall); }))
      still_there.push_back(number);
  if (still_there.empty()) return;
  stop({.kind = StopKind::syscall_return,
        .points = std::move(still_there),
        .syscall = *syscall,
        .result = registers().r[0]});
}

void Debugger::instruction_done() {
  passed_.reset();
  told_.reset();
  if (report_watched()) return;
  if (!stepping()) return;
  auto numbers = points_.hit([&](const Point& point) { return breaks_at(point, registers()) && holds(point); });
  if (numbers) {
    stop({.kind = StopKind::breakpoint, .points = std::move(*numbers)});
  } else if (more_steps_ != 0) {
    --more_steps_;
  } else {
    stop({.kind = StopKind::stepped});
  }
}

/// Takes the SVC back: the guest stands on it again, and makes the call when it goes on.
void Debugger::roll_back_svc() {
  kernel::UserRegisters at = registers();
  at.r[15] -= svc_size(at);
  at.cpsr = cpsr_before_svc(at.cpsr);
  set_registers(at);
}

// ---- Breakpoints ---------------------------------------------------------------------------------------------------

void Debugger::at_stop_address() {
  passed_ = machine_.engine().pc();
  auto numbers = points_.hit([&](const Point& point) { return breaks_at(point, registers()) && holds(point); });
  if (numbers) stop({.kind = StopKind::breakpoint, .points = std::move(*numbers)});
}

/// Plants what is to stop the CPU in the coming turn. To step from an address: nothing on it, and a stop behind its
/// instruction. A branch begins a new block, which stops the CPU as well; so does the end of the page.
void Debugger::plan_code_stops(std::optional<VirtAddr> step_from) {
  std::map<VirtAddr, InstructionSet> wanted;
  for (const Point& point : points_.all())
    if (point.enabled && point.kind == PointKind::breakpoint) wanted.emplace(point.range.start, point.set);
  if (step_from) {
    wanted.erase(*step_from);
    const InstructionSet set = instruction_set(registers());
    const auto encoding = machine_.code().instruction_at(*step_from, set);
    const VirtAddr behind = *step_from + (encoding ? encoding->size : 0);
    if (encoding && behind.page() == step_from->page()) wanted.insert_or_assign(behind, set);
  }
  DebugPages& pages = machine_.engine().debug_pages();
  for (const auto& [va, set] : planted_)
    if (const auto same = wanted.find(va); same == wanted.end() || same->second != set) pages.remove_stop(va);
  for (const auto& [va, set] : wanted)
    if (const auto same = planted_.find(va); same == planted_.end() || same->second != set) pages.add_stop(va, set);
  planted_ = std::move(wanted);
}

}  // namespace lpaemu::emu
