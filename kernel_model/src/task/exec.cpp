// Sections follow Linux's order: stack and strings, segments, sigpage, tables, registers. [linux fs/exec.c,
// fs/binfmt_elf.c:load_elf_binary]
#include "lpaemu/kernel_model/task/exec.h"

#include <algorithm>
#include <limits>

#include "lpaemu/kernel_model/mm/mmap.h"
#include "lpaemu/kernel_model/mm/page_cache.h"
#include "lpaemu/kernel_model/mm/uaccess.h"

namespace lpaemu::kernel {
namespace {

using mmu::PAGE_SIZE;

constexpr std::uint32_t word_bytes = 4;
constexpr std::uint32_t MAX_ARG_STRLEN = 32 * PAGE_SIZE;  // [linux include/uapi/linux/binfmts.h]
constexpr std::uint32_t ARG_MAX = 131072;                 // [linux include/uapi/linux/limits.h]
constexpr std::uint32_t _STK_LIM = 8U << 20;              // [linux include/uapi/linux/resource.h]
constexpr std::uint32_t stack_expand = 131072;            // [linux fs/exec.c:setup_arg_pages]
constexpr std::uint32_t random_bytes = 16;
constexpr std::string_view ELF_PLATFORM{"v7l\0", 4};  // with its NUL
constexpr std::uint32_t prot_all = PROT_READ | PROT_WRITE | PROT_EXEC;

constexpr std::uint32_t page_align(std::uint64_t bytes) {
  return static_cast<std::uint32_t>((bytes + PAGE_SIZE - 1) / PAGE_SIZE * PAGE_SIZE);
}

/// What Linux's linux_binprm carries from one step to the next.
struct Binprm {
  task_struct& task;
  mm_struct& mm;
  const ExecRequest& request;
  std::vector<std::string> argv;  // never empty
  VirtAddr p{};                   // lowest byte in use on the new stack
  VirtAddr exec{};                // the file name on the stack
  std::uint32_t load_bias = 0;

  [[nodiscard]] const Program& program() const { return request.program; }
};

// ---- Strings -------------------------------------------------------------------------------------------------------

/// How many bytes the strings may take. [linux fs/exec.c:bprm_set_stack_limit]
Result<std::uint32_t> string_limit(const mm_struct& mm, std::size_t argc, std::size_t envc) {
  const std::uint32_t limit = std::max(std::min(_STK_LIM / 4 * 3, mm.rlimit_stack / 4), ARG_MAX);
  const std::uint64_t pointers = std::uint64_t{word_bytes} * (std::max<std::size_t>(argc, 1) + envc);
  if (limit <= pointers) return unexpected(Errno::e2big);
  return limit - static_cast<std::uint32_t>(pointers);
}

/// All strings as they lie in memory, upwards: arguments, environment, file name.
Result<std::string> gather_strings(const Binprm& bprm) {
  LPAEMU_TRY(limit, string_limit(bprm.mm, bprm.request.argv.size(), bprm.request.envp.size()));
  std::string bytes;
  const auto append = [&](const std::string& text) {
    bytes.append(text);
    bytes.push_back('\0');
    return text.size() < MAX_ARG_STRLEN && bytes.size() <= limit;
  };
  for (const std::string& arg : bprm.argv)
    if (!append(arg)) return unexpected(Errno::e2big);
  for (const std::string& var : bprm.request.envp)
    if (!append(var)) return unexpected(Errno::e2big);
  if (!append(bprm.program().path)) return unexpected(Errno::e2big);
  return bytes;
}

std::uint32_t size_with_nuls(const std::vector<std::string>& strings) {
  std::size_t bytes = 0;
  for (const std::string& text : strings) bytes += text.size() + 1;
  return static_cast<std::uint32_t>(bytes);
}

Result<void> copy_out(mm_struct& mm, VirtAddr to, std::span<const std::byte> bytes) {
  // The stack has just been mapped, so that only a lack of pages can stop the copy.
  if (copy_to_user(mm, to, bytes) != 0) return unexpected(Errno::enomem);
  return {};
}

/// The stack VMA with the strings at its top; the word above them stays zero.
/// [linux fs/exec.c:setup_arg_pages, bprm_mm_init]
Result<void> setup_arg_pages(Binprm& bprm) {
  LPAEMU_TRY(strings, gather_strings(bprm));
  mm_struct& mm = bprm.mm;
  const std::uint32_t name_bytes = static_cast<std::uint32_t>(bprm.program().path.size()) + 1;
  bprm.exec = TASK_SIZE - word_bytes - name_bytes;
  bprm.p = TASK_SIZE - word_bytes - static_cast<std::uint32_t>(strings.size());

  const std::uint32_t stack_size = TASK_SIZE - bprm.p.page();
  const std::uint32_t rlim_stack = mm.rlimit_stack / PAGE_SIZE * PAGE_SIZE;
  const std::uint32_t bytes = std::max(stack_size, std::min(rlim_stack, stack_size + stack_expand));
  LPAEMU_TRY_VOID(insert_stack(mm, TASK_SIZE, bytes, bprm.program().executable_stack));
  LPAEMU_TRY_VOID(copy_out(mm, bprm.p, std::as_bytes(std::span{strings})));

  mm.start_stack = bprm.p;
  mm.arg_start = bprm.p;
  mm.arg_end = mm.env_start = mm.arg_start + size_with_nuls(bprm.argv);
  mm.env_end = mm.env_start + size_with_nuls(bprm.request.envp);
  return {};
}

// ---- Segments ------------------------------------------------------------------------------------------------------

std::uint32_t prot_of(const Program& program, vm_flags_t flags) {
  std::uint32_t prot = 0;
  if ((flags & VM_READ) != 0) prot |= PROT_READ;
  if ((flags & VM_WRITE) != 0) prot |= PROT_WRITE;
  if ((flags & VM_EXEC) != 0) prot |= PROT_EXEC;
  if (program.read_implies_exec && (prot & PROT_READ) != 0) prot |= PROT_EXEC;
  return prot & prot_all;
}

/// A program that cannot be mapped where it wants to be is no program for this machine.
Errno as_exec_error(Errno error) { return error == Errno::enomem ? Errno::enomem : Errno::enoexec; }

bool fits_address_space(const Program& program) {
  return !program.segments.empty() && std::ranges::all_of(program.segments, [](const ProgramSegment& segment) {
    return segment.memory_size > 0 && segment.file_size <= segment.memory_size && segment.vaddr < TASK_SIZE &&
           segment.memory_size <= TASK_SIZE - segment.vaddr &&
           (segment.file_size == 0 || segment.vaddr.page_offset() == segment.offset % PAGE_SIZE);
  });
}

/// From the first byte of the first page to the last byte of the last segment. [linux fs/binfmt_elf.c]
std::uint32_t total_mapping_size(const Program& program) {
  const ProgramSegment& last = program.segments.back();
  return last.vaddr + last.memory_size - program.segments.front().vaddr.page();
}

/// The file's part of a segment. With `total`, the room of the whole image is found first. [linux
/// fs/binfmt_elf.c:elf_map]
Result<VirtAddr> elf_map(Binprm& bprm, const ProgramSegment& segment, VirtAddr addr, std::uint32_t flags,
                         std::uint32_t total) {
  const std::uint32_t in_page = segment.vaddr.page_offset();
  const std::uint32_t size = page_align(std::uint64_t{segment.file_size} + in_page);
  const std::uint32_t mapped = std::max(size, page_align(total));
  MmapRequest request;
  request.addr = addr.page();
  request.length = mapped;
  request.prot = prot_of(bprm.program(), segment.flags);
  request.flags = MAP_PRIVATE | flags;
  request.mapping = bprm.program().contents;
  request.file = bprm.program().file;
  request.pgoff = (segment.offset - in_page) / PAGE_SIZE;
  LPAEMU_TRY(start, do_mmap(bprm.mm, request));
  if (mapped > size) LPAEMU_TRY_VOID(do_munmap(bprm.mm, start + size, mapped - size));
  return start;
}

/// Zeroes behind the file's bytes: the rest of their last page, then anonymous pages. [linux fs/binfmt_elf.c:elf_load]
Result<void> map_bss(Binprm& bprm, const ProgramSegment& segment, VirtAddr start) {
  const std::uint32_t prot = prot_of(bprm.program(), segment.flags);
  VirtAddr zero_start = start + segment.vaddr.page_offset() + segment.file_size;
  const VirtAddr zero_end = start + page_align(std::uint64_t{segment.vaddr.page_offset()} + segment.memory_size);
  if (segment.file_size != 0 && !zero_start.is_page_aligned()) {
    const std::size_t left = clear_user(bprm.mm, zero_start, PAGE_SIZE - zero_start.page_offset());
    // A segment that nobody may write to keeps the file's bytes there.
    if (left != 0 && (prot & PROT_WRITE) != 0) return unexpected(Errno::enomem);
    zero_start = zero_start.page() + PAGE_SIZE;
  }
  if (segment.file_size == 0) zero_start = start;
  if (zero_start >= zero_end) return {};

  MmapRequest request;
  request.addr = zero_start;
  request.length = zero_end - zero_start;
  request.prot = PROT_READ | PROT_WRITE | (prot & PROT_EXEC);
  request.flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED;
  LPAEMU_TRY_VOID(do_mmap(bprm.mm, request));
  return {};
}

/// Where the image goes that may go anywhere: the mmap area, as for a loader without one. A large alignment needs the
/// address first. [linux fs/binfmt_elf.c:load_elf_binary] [linux-lpae-pte 13]
Result<VirtAddr> find_place(Binprm& bprm) {
  const Program& program = bprm.program();
  const std::uint32_t slack = program.alignment > PAGE_SIZE ? program.alignment - PAGE_SIZE : 0;
  const std::uint64_t bytes = std::uint64_t{page_align(total_mapping_size(program))} + slack;
  if (bytes > TASK_SIZE.raw()) return unexpected(Errno::enomem);
  MmapRequest request;
  request.length = static_cast<std::uint32_t>(bytes);
  request.flags = MAP_PRIVATE | MAP_ANONYMOUS;
  LPAEMU_TRY(start, do_mmap(bprm.mm, request));
  LPAEMU_TRY_VOID(do_munmap(bprm.mm, start, request.length));
  const std::uint32_t mask = std::max(program.alignment, PAGE_SIZE) - 1;
  return VirtAddr{(start.raw() + mask) & ~mask};
}

Result<void> load_segments(Binprm& bprm) {
  const Program& program = bprm.program();
  if (!fits_address_space(program)) return unexpected(Errno::enoexec);
  if (program.position_independent) {
    LPAEMU_TRY(place, find_place(bprm));
    bprm.load_bias = place - program.segments.front().vaddr.page();
  }
  std::uint32_t fixed = MAP_FIXED_NOREPLACE;
  std::uint32_t total = total_mapping_size(program);
  for (const ProgramSegment& segment : program.segments) {
    VirtAddr start = segment.vaddr.page() + bprm.load_bias;
    if (segment.file_size != 0) {
      LPAEMU_TRY(mapped, elf_map(bprm, segment, start, fixed, total));
      start = mapped;
    }
    if (segment.memory_size > segment.file_size) LPAEMU_TRY_VOID(map_bss(bprm, segment, start));
    fixed = MAP_FIXED;
    total = 0;
  }
  return {};
}

/// start_code and its kin, and the break. [linux fs/binfmt_elf.c:load_elf_binary]
void set_layout(Binprm& bprm) {
  mm_struct& mm = bprm.mm;
  const Program& program = bprm.program();
  VirtAddr start_code{std::numeric_limits<std::uint32_t>::max()};
  VirtAddr end_code, start_data, end_data, end;
  for (const ProgramSegment& segment : program.segments) {
    const VirtAddr file_end = segment.vaddr + segment.file_size;
    if ((segment.flags & VM_EXEC) != 0) {
      start_code = std::min(start_code, segment.vaddr);
      end_code = std::max(end_code, file_end);
    }
    start_data = std::max(start_data, segment.vaddr);
    end_data = std::max(end_data, file_end);
    end = std::max(end, segment.vaddr + segment.memory_size);
  }
  mm.start_code = start_code + bprm.load_bias;
  mm.end_code = end_code + bprm.load_bias;
  mm.start_data = start_data + bprm.load_bias;
  mm.end_data = end_data + bprm.load_bias;
  // In the mmap area the heap would run into other mappings at once: it moves to where programs usually are.
  const VirtAddr brk = program.position_independent ? ELF_ET_DYN_BASE : end;
  mm.start_brk = mm.brk = VirtAddr{page_align(brk.raw())};
}

// ---- Sigpage -------------------------------------------------------------------------------------------------------

/// Behind the stack if there is room, else in the mmap area. Linux picks the slot at random; without randomisation
/// there is exactly one or none. [linux arch/arm/kernel/process.c:sigpage_addr, arch_setup_additional_pages]
Result<void> map_sigpage(Binprm& bprm) {
  if (!bprm.request.sigpage) return {};
  MmapRequest request;
  const VirtAddr first{page_align(bprm.mm.start_stack.raw())};
  request.addr = first <= TASK_SIZE - PAGE_SIZE ? first : VirtAddr{};
  request.length = PAGE_SIZE;
  request.flags = MAP_PRIVATE | MAP_ANONYMOUS;
  LPAEMU_TRY(start, do_mmap(bprm.mm, request));
  LPAEMU_TRY_VOID(do_munmap(bprm.mm, start, PAGE_SIZE));
  return install_special_mapping(bprm.mm, start, bprm.request.sigpage,
                                 VM_READ | VM_EXEC | VM_MAYREAD | VM_MAYWRITE | VM_MAYEXEC, "[sigpage]");
}

// ---- Tables --------------------------------------------------------------------------------------------------------

std::vector<std::uint32_t> make_auxv(const Binprm& bprm, VirtAddr platform, VirtAddr random) {
  const Program& program = bprm.program();
  const task_struct& task = bprm.task;
  const std::uint32_t phdr = program.phdr.raw() == 0 ? 0 : (program.phdr + bprm.load_bias).raw();
  return {
      AT_HWCAP,    elf_hwcap,
      AT_PAGESZ,   PAGE_SIZE,
      AT_CLKTCK,   USER_HZ,
      AT_PHDR,     phdr,
      AT_PHENT,    program.phentsize,
      AT_PHNUM,    program.phnum,
      AT_BASE,     0,
      AT_FLAGS,    0,
      AT_ENTRY,    (program.entry + bprm.load_bias).raw(),
      AT_UID,      task.uid,
      AT_EUID,     task.uid,
      AT_GID,      task.gid,
      AT_EGID,     task.gid,
      AT_SECURE,   0,
      AT_RANDOM,   random.raw(),
      AT_HWCAP2,   0,
      AT_EXECFN,   bprm.exec.raw(),
      AT_PLATFORM, platform.raw(),
      AT_NULL,     0,
  };
}

void append_pointers(std::vector<std::uint32_t>& words, VirtAddr first, const std::vector<std::string>& strings) {
  for (const std::string& text : strings) {
    words.push_back(first.raw());
    first += static_cast<std::uint32_t>(text.size()) + 1;
  }
  words.push_back(0);
}

/// Platform string, random bytes, then argc, argv, envp and auxv from a 16-byte aligned sp on.
/// [linux fs/binfmt_elf.c:create_elf_tables]
Result<void> create_elf_tables(Binprm& bprm, Host& host) {
  mm_struct& mm = bprm.mm;
  const VirtAddr platform = bprm.p - static_cast<std::uint32_t>(ELF_PLATFORM.size());
  LPAEMU_TRY_VOID(copy_out(mm, platform, std::as_bytes(std::span{ELF_PLATFORM})));
  const VirtAddr random = platform - random_bytes;
  std::array<std::byte, random_bytes> seed{};
  host.fill_random(seed);
  LPAEMU_TRY_VOID(copy_out(mm, random, seed));

  bprm.task.auxv = make_auxv(bprm, platform, random);
  std::vector<std::uint32_t> words{static_cast<std::uint32_t>(bprm.argv.size())};
  append_pointers(words, mm.arg_start, bprm.argv);
  append_pointers(words, mm.env_start, bprm.request.envp);
  words.insert(words.end(), bprm.task.auxv.begin(), bprm.task.auxv.end());

  constexpr std::uint32_t alignment = 16;
  const VirtAddr unaligned = random - static_cast<std::uint32_t>(words.size()) * word_bytes;
  bprm.p = VirtAddr{unaligned.raw() / alignment * alignment};
  LPAEMU_TRY_VOID(copy_out(mm, bprm.p, std::as_bytes(std::span{words})));
  mm.start_stack = bprm.p;
  return {};
}

/// All zero but pc, sp and the mode. [linux arch/arm/include/asm/processor.h:start_thread]
UserRegisters start_thread(VirtAddr entry, VirtAddr sp) {
  UserRegisters registers;
  const bool thumb = (entry.raw() & 1) != 0;
  registers.cpsr = mmu::PSR::M.with(registers.cpsr, mmu::PsrMode::usr);
  registers.cpsr = mmu::PSR::T.with(registers.cpsr, thumb);
  registers.r[15] = entry.raw() & ~1U;
  registers.r[13] = sp.raw();
  return registers;
}

}  // namespace

Result<UserRegisters> exec_program(task_struct& task, const ExecRequest& request, Host& host) {
  Binprm bprm{.task = task, .mm = *task.mm, .request = request, .argv = request.argv};
  // Programs rely on argv[0]: Linux gives them an empty one. [linux fs/exec.c:do_execveat_common]
  if (bprm.argv.empty()) bprm.argv.emplace_back();
  LPAEMU_TRY_VOID(setup_arg_pages(bprm));
  LPAEMU_TRY_VOID(load_segments(bprm).map_error(as_exec_error));
  set_layout(bprm);
  LPAEMU_TRY_VOID(map_sigpage(bprm));
  LPAEMU_TRY_VOID(create_elf_tables(bprm, host));
  return start_thread(request.program.entry + bprm.load_bias, bprm.p);
}

}  // namespace lpaemu::kernel
