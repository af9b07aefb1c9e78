// A program image as exec needs it, whatever file format it came from.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "lpaemu/kernel_model/mm/vm_area.h"

namespace lpaemu::kernel {

/// One PT_LOAD: file bytes [offset, offset + file_size) at vaddr, zeroes up to memory_size. vaddr and offset agree
/// modulo the page size.
struct ProgramSegment {
  VirtAddr vaddr;
  std::uint32_t memory_size = 0;
  std::uint64_t offset = 0;
  std::uint32_t file_size = 0;
  vm_flags_t flags = 0;  // VM_READ | VM_WRITE | VM_EXEC
};

struct Program {
  std::string path;  // as the guest names it: AT_EXECFN, maps
  std::shared_ptr<page_cache> contents;
  std::shared_ptr<File> file;
  std::vector<ProgramSegment> segments;  // ascending, not overlapping
  VirtAddr entry;                        // before the load bias; bit 0: Thumb
  VirtAddr phdr;                         // address of the program headers in memory, before the bias; 0 if not loaded
  std::uint16_t phnum = 0;
  std::uint16_t phentsize = 32;
  bool position_independent = false;
  bool executable_stack = false;
  /// No PT_GNU_STACK: whatever is readable is executable too. [linux arch/arm/kernel/elf.c:arm_elf_read_implies_exec]
  bool read_implies_exec = false;
  std::uint32_t alignment = mmu::PAGE_SIZE;  // the largest p_align: a load bias is a multiple of it. A power of two
};

}  // namespace lpaemu::kernel
