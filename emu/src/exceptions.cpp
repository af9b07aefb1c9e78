#include "lpaemu/emu/exceptions.h"

#include "lpaemu/emu/engine/fault_address.h"

namespace lpaemu::emu {
namespace {

using mmu::PsrMode;

/// A row of the table of lpae-mmu.md, section 10. The LR offsets count from the `pc` that exception_entry() asks for.
struct Row {
  std::uint32_t vector_offset;
  PsrMode mode;
  std::uint32_t lr_offset_arm;
  std::uint32_t lr_offset_thumb;
  bool masks_aborts;
  bool masks_fiq;
};

constexpr Row row_of(ExceptionKind kind) {
  switch (kind) {
    case ExceptionKind::undefined: return {0x04, PsrMode::und, 4, 2, false, false};
    case ExceptionKind::svc: return {0x08, PsrMode::svc, 0, 0, false, false};
    case ExceptionKind::prefetch_abort: return {0x0c, PsrMode::abt, 4, 4, true, false};
    case ExceptionKind::data_abort: return {0x10, PsrMode::abt, 8, 8, true, false};
    case ExceptionKind::irq: return {0x18, PsrMode::irq, 4, 4, true, false};
    case ExceptionKind::fiq: break;
  }
  return {0x1c, PsrMode::fiq, 4, 4, true, true};
}

constexpr std::uint32_t high_vectors = 0xffff0000;    // [armv7 B1.8.1]
constexpr std::uint32_t vector_table_alignment = 32;  // VBAR[4:0] reads as zero

std::uint32_t vector_base(mmu::Sctlr sctlr, VirtAddr vbar) {
  return mmu::SCTLR::V.get(sctlr) ? high_vectors : vbar.raw() / vector_table_alignment * vector_table_alignment;
}

/// The CPSR that the handler starts with. [lpae-mmu M-61]
mmu::Psr handler_cpsr(const Row& row, mmu::Psr cpsr, mmu::Sctlr sctlr) {
  cpsr = mmu::PSR::M.with(cpsr, row.mode);
  cpsr = mmu::PSR::I.with(cpsr, true);
  if (row.masks_aborts) cpsr = mmu::PSR::A.with(cpsr, true);
  if (row.masks_fiq) cpsr = mmu::PSR::F.with(cpsr, true);
  cpsr = mmu::PSR::IT_HIGH.with(mmu::PSR::IT_LOW.with(cpsr, 0), 0);
  cpsr = mmu::PSR::J.with(cpsr, false);
  cpsr = mmu::PSR::T.with(cpsr, mmu::SCTLR::TE.get(sctlr));
  return mmu::PSR::E.with(cpsr, mmu::SCTLR::EE.get(sctlr));
}

}  // namespace

ExceptionEntry exception_entry(ExceptionKind kind, VirtAddr pc, mmu::Psr cpsr, mmu::Sctlr sctlr, VirtAddr vbar) {
  const Row row = row_of(kind);
  const std::uint32_t lr_offset = mmu::PSR::T.get(cpsr) ? row.lr_offset_thumb : row.lr_offset_arm;
  return {VirtAddr{vector_base(sctlr, vbar) + row.vector_offset}, handler_cpsr(row, cpsr, sctlr), cpsr,
          pc.raw() + lr_offset};
}

void ExceptionState::take_data_abort(const mmu::Fault& fault, const kernel::UserRegisters& at,
                                     std::optional<Encoding> encoding) {
  note(data_, ExceptionKind::data_abort, fault);
  record(at, encoding);
}

void ExceptionState::take_prefetch_abort(const mmu::Fault& fault, const kernel::UserRegisters& at) {
  note(prefetch_, ExceptionKind::prefetch_abort, fault);
  record(at, std::nullopt);
}

void ExceptionState::take_svc(const kernel::UserRegisters& after) {
  source_ = nullptr;
  last_ = ExceptionKind::svc;
  svc_ = enter(after);
}

void ExceptionState::take_undefined(const kernel::UserRegisters& at) {
  source_ = nullptr;
  last_ = ExceptionKind::undefined;
  und_ = enter(at);
}

mmu::Dfsr ExceptionState::DFSR() const { return data_.fault ? mmu::dfsr_of(*data_.fault) : mmu::Dfsr{}; }

mmu::Ifsr ExceptionState::IFSR() const { return prefetch_.fault ? mmu::ifsr_of(*prefetch_.fault) : mmu::Ifsr{}; }

VirtAddr ExceptionState::DFAR() const {
  capture();
  return data_.address;
}

VirtAddr ExceptionState::IFAR() const {
  capture();
  return prefetch_.address;
}

bool ExceptionState::dfar_is_exact() const {
  capture();
  return data_.exact;
}

std::optional<BankedRegisters> ExceptionState::abt() const {
  capture();
  return abt_;
}

std::optional<ExceptionEntry> ExceptionState::last_entry() const {
  capture();
  return entry_;
}

void ExceptionState::capture() const {
  if (source_ == nullptr) return;
  const kernel::UserRegisters at = source_->registers();
  std::optional<Encoding> encoding;
  if (last_ == ExceptionKind::data_abort) encoding = source_->instruction_at(at.pc(), instruction_set(at));
  record(at, encoding);
}

void ExceptionState::record(const kernel::UserRegisters& at, const std::optional<Encoding>& encoding) const {
  source_ = nullptr;
  abt_ = enter(at);
  if (last_ == ExceptionKind::prefetch_abort) {
    prefetch_.address = instruction_fault_address(at.pc(), prefetch_.fault->va);
    prefetch_.exact = true;
    return;
  }
  if (!encoding) return;
  const mmu::Fault& fault = *data_.fault;
  if (fault.kind == mmu::FaultKind::alignment) {
    if (const auto found = misaligned_access(*encoding, at)) {
      data_.address = found->va;
      data_.exact = true;
    }
  } else if (const auto found = find_fault_address(*encoding, at, fault.va, fault.access)) {
    data_.address = *found;
    data_.exact = true;
  }
}

BankedRegisters ExceptionState::enter(const kernel::UserRegisters& at) const {
  entry_ = exception_entry(last_, at.pc(), at.cpsr, cp15_.translation.sctlr, cp15_.VBAR);
  return {entry_->spsr, entry_->lr};
}

}  // namespace lpaemu::emu
