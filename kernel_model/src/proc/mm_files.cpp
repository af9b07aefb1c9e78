#include "lpaemu/kernel_model/proc/mm_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>

#include "lpaemu/kernel_model/fs/file.h"
#include "lpaemu/kernel_model/mm/page_cache.h"
#include "mm/pgtable.h"
#include "mm/zap.h"

namespace lpaemu::kernel {
namespace {

using mmu::Pte;

constexpr std::uint64_t kib = 1024;
constexpr std::uint64_t page_kib = mmu::PAGE_SIZE / kib;

/// What a line of maps says about the object behind a VMA.
struct Backing {
  std::uint64_t dev = 0;
  std::uint64_t ino = 0;
  std::uint64_t offset = 0;
  std::string name;
};

/// Newlines would end the line. [linux fs/seq_file.c:seq_path]
std::string escaped(const std::string& path) {
  std::string text;
  for (const char c : path) text += c == '\n' ? std::string{"\\012"} : std::string{c};
  return text;
}

/// [linux fs/proc/task_mmu.c:get_vma_name]
Backing backing_of(mm_struct& mm, const vm_area& vma) {
  if (vma.vm_file != nullptr) {
    const Stat stat = vma.vm_file->inode().stat();
    return {stat.dev, stat.ino, vma.vm_pgoff * mmu::PAGE_SIZE, escaped(vma.vm_file->path)};
  }
  if (!vma.name.empty()) return {.name = vma.name};
  if (vma.is(VM_MAYSHARE)) return {.dev = 1, .name = "/dev/zero (deleted)"};  // shared anonymous: a file of shmem's
  if (vma.vm_start < mm.brk && vma.vm_end > mm.start_brk) return {.name = "[heap]"};
  if (vma.vm_start <= mm.start_stack && vma.vm_end >= mm.start_stack) return {.name = "[stack]"};
  return {};
}

/// One line of maps. The name begins in column 49 on 32-bit machines. [linux fs/proc/task_mmu.c:show_map_vma]
void show_map_line(std::string& out, VirtRange range, vm_flags_t flags, const Backing& backing) {
  constexpr std::size_t pad_until = 48;
  constexpr unsigned minor_bits = 8;
  std::string line = fmt::format("{:08x}-{:08x} {} {:08x} {:02x}:{:02x} {} ", range.start.raw(), range.end.raw(),
                                 vma_rights(flags), backing.offset, backing.dev >> minor_bits,
                                 backing.dev % (std::uint64_t{1} << minor_bits), backing.ino);
  if (!backing.name.empty()) {
    if (line.size() < pad_until) line.resize(pad_until, ' ');
    line += ' ' + backing.name;
  }
  out += line + '\n';
}

/// The kuser page, a "gate VMA": listed, but in no table of VMAs. [linux arch/arm/kernel/process.c:get_gate_vma]
constexpr vm_flags_t gate_flags = VM_READ | VM_EXEC | VM_MAYREAD | VM_MAYEXEC;
constexpr VirtRange gate_range{vectors_base, vectors_base + mmu::PAGE_SIZE};
bool has_gate(const mm_struct& mm) { return !mmu::pte_none(mm.pte_at(vectors_base)); }

/// What smaps adds up over the pages of a VMA, in bytes. [linux fs/proc/task_mmu.c:mem_size_stats]
struct MemSizeStats {
  std::uint64_t resident = 0, pss = 0, pss_dirty = 0;  // pss in 1/4096 bytes
  std::uint64_t shared_clean = 0, shared_dirty = 0, private_clean = 0, private_dirty = 0;
  std::uint64_t referenced = 0, anonymous = 0, lazyfree = 0;

  static constexpr std::uint64_t pss_unit = 4096;
};

/// [linux fs/proc/task_mmu.c:smaps_account]
void account(MemSizeStats& stats, Pte pte, const page& page) {
  const bool dirty = mmu::pte_dirty(pte) || page.dirty;
  stats.resident += mmu::PAGE_SIZE;
  if (mmu::pte_young(pte)) stats.referenced += mmu::PAGE_SIZE;
  if (page.anon) stats.anonymous += mmu::PAGE_SIZE;
  if (page.anon && !dirty) stats.lazyfree += mmu::PAGE_SIZE;  // only MADV_FREE makes an anonymous page clean
  const std::uint64_t share = mmu::PAGE_SIZE * MemSizeStats::pss_unit / std::max(page.mapcount, 1U);
  stats.pss += share;
  if (dirty) stats.pss_dirty += share;
  if (page.mapcount >= 2) {
    (dirty ? stats.shared_dirty : stats.shared_clean) += mmu::PAGE_SIZE;
  } else {
    (dirty ? stats.private_dirty : stats.private_clean) += mmu::PAGE_SIZE;
  }
}

MemSizeStats gather_stats(mm_struct& mm, VirtRange range) {
  MemSizeStats stats;
  for_each_pte(mm, range, [&](PteTable& /*table*/, VirtAddr /*va*/, Pte pte) {
    if (const page* page = vm_normal_page(mm, pte)) account(stats, pte, *page);
  });
  return stats;
}

/// "Rss:                   4 kB"
void show_line(std::string& out, std::string_view name, std::uint64_t value_kib) {
  constexpr int width = 24;  // of the label and the number
  out += fmt::format("{}{:>{}} kB\n", name, value_kib, width - static_cast<int>(name.size()));
}

/// [linux fs/proc/task_mmu.c:show_smap_vma_flags]
void show_flags(std::string& out, vm_flags_t flags) {
  struct Mnemonic {
    vm_flags_t flag;
    std::string_view letters;
  };
  static constexpr std::array mnemonics{
      Mnemonic{VM_READ, "rd"},       Mnemonic{VM_WRITE, "wr"},       Mnemonic{VM_EXEC, "ex"},
      Mnemonic{VM_SHARED, "sh"},     Mnemonic{VM_MAYREAD, "mr"},     Mnemonic{VM_MAYWRITE, "mw"},
      Mnemonic{VM_MAYEXEC, "me"},    Mnemonic{VM_MAYSHARE, "ms"},    Mnemonic{VM_GROWSDOWN, "gd"},
      Mnemonic{VM_PFNMAP, "pf"},     Mnemonic{VM_LOCKED, "lo"},      Mnemonic{VM_IO, "io"},
      Mnemonic{VM_SEQ_READ, "sr"},   Mnemonic{VM_RAND_READ, "rr"},   Mnemonic{VM_DONTCOPY, "dc"},
      Mnemonic{VM_DONTEXPAND, "de"}, Mnemonic{VM_LOCKONFAULT, "lf"}, Mnemonic{VM_ACCOUNT, "ac"},
      Mnemonic{VM_NORESERVE, "nr"},  Mnemonic{VM_WIPEONFORK, "wf"},  Mnemonic{VM_DONTDUMP, "dd"},
      Mnemonic{VM_SOFTDIRTY, "sd"},  Mnemonic{VM_HUGEPAGE, "hg"},    Mnemonic{VM_NOHUGEPAGE, "nh"},
  };
  out += "VmFlags: ";
  for (const Mnemonic& mnemonic : mnemonics)
    if ((flags & mnemonic.flag) != 0) out.append(mnemonic.letters).append(" ");
  out += '\n';
}

/// The lines below a line of maps. [linux fs/proc/task_mmu.c:show_smap, __show_smap]
void show_stats(std::string& out, VirtRange range, vm_flags_t flags, const MemSizeStats& stats) {
  const std::uint64_t pss = stats.pss / MemSizeStats::pss_unit / kib;
  show_line(out, "Size:", range.bytes() / kib);
  show_line(out, "KernelPageSize:", page_kib);
  show_line(out, "MMUPageSize:", page_kib);
  show_line(out, "Rss:", stats.resident / kib);
  show_line(out, "Pss:", pss);
  show_line(out, "Pss_Dirty:", stats.pss_dirty / MemSizeStats::pss_unit / kib);
  show_line(out, "Shared_Clean:", stats.shared_clean / kib);
  show_line(out, "Shared_Dirty:", stats.shared_dirty / kib);
  show_line(out, "Private_Clean:", stats.private_clean / kib);
  show_line(out, "Private_Dirty:", stats.private_dirty / kib);
  show_line(out, "Referenced:", stats.referenced / kib);
  show_line(out, "Anonymous:", stats.anonymous / kib);
  show_line(out, "KSM:", 0);
  show_line(out, "LazyFree:", stats.lazyfree / kib);
  show_line(out, "AnonHugePages:", 0);
  show_line(out, "ShmemPmdMapped:", 0);
  show_line(out, "FilePmdMapped:", 0);
  show_line(out, "Shared_Hugetlb:", 0);
  show_line(out, "Private_Hugetlb:", 0);
  show_line(out, "Swap:", 0);
  show_line(out, "SwapPss:", 0);
  show_line(out, "Locked:", (flags & VM_LOCKED) != 0 ? pss : 0);
  out += "THPeligible:           0\n";
  show_flags(out, flags);
}

}  // namespace

std::string vma_rights(vm_flags_t flags) {
  const auto right = [flags](vm_flags_t flag, char letter) { return (flags & flag) != 0 ? letter : '-'; };
  return {right(VM_READ, 'r'), right(VM_WRITE, 'w'), right(VM_EXEC, 'x'), (flags & VM_MAYSHARE) != 0 ? 's' : 'p'};
}

std::string vma_name(mm_struct& mm, const vm_area& vma) { return backing_of(mm, vma).name; }

std::string show_maps(mm_struct& mm) {
  std::string out;
  for (const auto& [start, vma] : mm.vmas()) show_map_line(out, vma.range(), vma.vm_flags, backing_of(mm, vma));
  if (has_gate(mm)) show_map_line(out, gate_range, gate_flags, {.name = "[vectors]"});
  return out;
}

std::string show_smaps(mm_struct& mm) {
  std::string out;
  for (const auto& [start, vma] : mm.vmas()) {
    show_map_line(out, vma.range(), vma.vm_flags, backing_of(mm, vma));
    show_stats(out, vma.range(), vma.vm_flags, gather_stats(mm, vma.range()));
  }
  if (has_gate(mm)) {
    show_map_line(out, gate_range, gate_flags, {.name = "[vectors]"});
    show_stats(out, gate_range, gate_flags, {});
  }
  return out;
}

std::string show_status_mm(mm_struct& mm) {  // [linux fs/proc/task_mmu.c:task_mem]
  std::string out;
  const auto line = [&out](std::string_view name, std::uint64_t value_kib) {
    out += fmt::format("{}:\t{:8} kB\n", name, value_kib);
  };
  const std::uint64_t exec = mm.exec_vm * page_kib;
  const std::uint32_t code = (mm.end_code + (mmu::PAGE_SIZE - 1)).page() - mm.start_code.page();
  const std::uint64_t text = std::min<std::uint64_t>(code / kib, exec);
  line("VmPeak", std::max(mm.hiwater_vm, mm.total_vm) * page_kib);
  line("VmSize", mm.total_vm * page_kib);
  line("VmLck", mm.locked_vm * page_kib);
  line("VmPin", 0);
  line("VmHWM", std::max(mm.hiwater_rss, mm.rss.total()) * page_kib);
  line("VmRSS", mm.rss.total() * page_kib);
  line("RssAnon", mm.rss.anon * page_kib);
  line("RssFile", mm.rss.file * page_kib);
  line("RssShmem", mm.rss.shmem * page_kib);
  line("VmData", mm.data_vm * page_kib);
  line("VmStk", mm.stack_vm * page_kib);
  line("VmExe", text);
  line("VmLib", exec - text);
  line("VmPTE", mm.table_pages * page_kib);
  line("VmSwap", 0);
  return out;
}

}  // namespace lpaemu::kernel
