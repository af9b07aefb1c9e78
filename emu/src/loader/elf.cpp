#include "lpaemu/emu/loader/elf.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

#include "elf_file.h"
#include "lpaemu/kernel_model/mm/mm_struct.h"

namespace lpaemu::emu {
namespace {

/// What Linux reads at most: ELF_MIN_ALIGN 64 KiB of program headers. [linux fs/binfmt_elf.c:load_elf_phdrs]
constexpr unsigned max_phnum = 65536 / sizeof(Elf32_Phdr);
constexpr std::uint32_t max_interpreter = 4096;  // PATH_MAX

constexpr std::string_view wanted = "lpaemu runs 32-bit little-endian ARM programs";

std::string_view machine_name(unsigned machine) {
  switch (machine) {
    case EM_386: return "x86 (i386)";
    case EM_X86_64: return "x86-64";
    case EM_AARCH64: return "AArch64";
    case EM_ARM: return "ARM";
    case EM_MIPS: return "MIPS";
    case EM_PPC: return "PowerPC";
    case EM_PPC64: return "PowerPC64";
    case EM_RISCV: return "RISC-V";
    case EM_S390: return "S/390";
    case EM_SPARCV9: return "SPARC V9";
    default: return {};
  }
}

std::string_view type_name(unsigned type) {
  switch (type) {
    case ET_REL: return "an object file (ET_REL): link it first";
    case ET_CORE: return "a core dump (ET_CORE), not a program";
    default: return "not a program";
  }
}

unsigned byte_at(std::span<const std::byte> file, std::size_t offset) {
  return std::to_integer<unsigned>(file[offset]);
}

/// Header `index` of an array that libelf gave. It lies in the file's bytes, at any alignment.
template <class Header>
Header copy_of(const Header* headers, std::size_t index) {
  Header copy;
  std::memcpy(&copy, reinterpret_cast<const char*>(headers) + index * sizeof copy, sizeof copy);
  return copy;
}

/// Reads one file; each step returns at the first thing that is wrong.
class ElfReader {
 public:
  ElfReader(std::span<const std::byte> file, std::string_view name) : file_{file}, name_{name} {}

  Expected<ElfImage, Error> read() {
    LPAEMU_TRY_VOID(check_ident());
    elf_ = open_elf(file_);
    const Elf32_Ehdr* const found = elf_ ? elf32_getehdr(elf_.get()) : nullptr;
    if (found == nullptr) return fail("libelf cannot read the ELF header: {}", elf_errmsg(-1));
    const auto header = copy_of(found, 0);
    LPAEMU_TRY_VOID(check_header(header));
    LPAEMU_TRY_VOID(read_program_headers(header));
    LPAEMU_TRY_VOID(check_layout());
    find_phdr(header);
    return std::move(image_);
  }

 private:
  template <class... Args>
  [[nodiscard]] Unexpected<Error> fail(fmt::format_string<Args...> format, Args&&... args) const {
    return unexpected(Error{fmt::format("{}: {}", name_, fmt::format(format, std::forward<Args>(args)...))});
  }

  [[nodiscard]] bool in_file(std::uint64_t offset, std::uint64_t size) const {
    return offset <= file_.size() && size <= file_.size() - offset;
  }

  /// The first 20 bytes, which are the same in every class of ELF file.
  Expected<void, Error> check_ident() const {
    constexpr std::size_t e_machine_end = 20;
    if (file_.empty()) return fail("empty file, not an ELF program");
    if (file_.size() < SELFMAG || std::memcmp(file_.data(), ELFMAG, SELFMAG) != 0)
      return fail("not an ELF file (it begins with byte {:#04x}); {}", byte_at(file_, 0), wanted);
    if (file_.size() < e_machine_end)
      return fail("truncated: {} bytes, an ELF header has {}", file_.size(), sizeof(Elf32_Ehdr));
    const unsigned elf_class = byte_at(file_, EI_CLASS);
    const unsigned data = byte_at(file_, EI_DATA);
    const bool big_endian = data == ELFDATA2MSB;
    const unsigned machine = byte_at(file_, big_endian ? 19 : 18) | byte_at(file_, big_endian ? 18 : 19)
                                                                        << 8;  // e_machine
    if (elf_class == ELFCLASS32 && data == ELFDATA2LSB && machine == EM_ARM) {
      if (in_file(0, sizeof(Elf32_Ehdr))) return {};
      return fail("truncated: {} bytes, an ELF header has {}", file_.size(), sizeof(Elf32_Ehdr));
    }
    if (elf_class != ELFCLASS32 && elf_class != ELFCLASS64) return fail("broken ELF header: class {}", elf_class);
    if (data != ELFDATA2LSB && !big_endian) return fail("broken ELF header: data encoding {}", data);
    const std::string_view known = machine_name(machine);
    return fail("a {}-bit {}-endian ELF file for {}; {}", elf_class == ELFCLASS32 ? 32 : 64,
                big_endian ? "big" : "little", known.empty() ? fmt::format("machine {}", machine) : std::string{known},
                wanted);
  }

  Expected<void, Error> check_header(const Elf32_Ehdr& header) {
    if (header.e_type != ET_EXEC && header.e_type != ET_DYN)
      return fail("ELF type {}: {}", header.e_type, type_name(header.e_type));
    image_.type = header.e_type == ET_EXEC ? ElfType::executable : ElfType::position_independent;
    const unsigned eabi = EF_ARM_EABI_VERSION(header.e_flags) >> 24;
    if (eabi != 5)
      return fail("ARM EABI version {} (e_flags {:#x}), lpaemu runs version 5: build it with arm-linux-gnueabihf-gcc",
                  eabi, header.e_flags);
    if ((header.e_entry & 3) == 2)  // [linux arch/arm/kernel/elf.c:elf_check_arch]
      return fail("entry point {:#x} is neither an ARM nor a Thumb address", header.e_entry);
    image_.entry = VirtAddr{header.e_entry};
    if (header.e_phnum == 0) return fail("no program headers: an object file or a library, not a program");
    if (header.e_phentsize != sizeof(Elf32_Phdr))
      return fail("broken ELF header: program headers of {} bytes, not {}", header.e_phentsize, sizeof(Elf32_Phdr));
    if (header.e_phnum > max_phnum)
      return fail("{} program headers; Linux takes at most {}", header.e_phnum, max_phnum);
    if (!in_file(header.e_phoff, std::uint64_t{header.e_phnum} * sizeof(Elf32_Phdr)))
      return fail("truncated: {} program headers at offset {:#x} of a file of {:#x} bytes", header.e_phnum,
                  header.e_phoff, file_.size());
    image_.phnum = header.e_phnum;
    image_.phentsize = header.e_phentsize;
    return {};
  }

  Expected<void, Error> read_program_headers(const Elf32_Ehdr& header) {
    const Elf32_Phdr* const headers = elf32_getphdr(elf_.get());
    if (headers == nullptr) return fail("libelf cannot read the program headers: {}", elf_errmsg(-1));
    for (unsigned i = 0; i < header.e_phnum; ++i) {
      const auto ph = copy_of(headers, i);
      switch (ph.p_type) {
        case PT_LOAD: LPAEMU_TRY_VOID(add_segment(ph, i)); break;
        case PT_INTERP: LPAEMU_TRY_VOID(read_interpreter(ph, i)); break;
        case PT_TLS: LPAEMU_TRY_VOID(read_tls(ph, i)); break;
        case PT_GNU_STACK:
          image_.stack = (ph.p_flags & PF_X) != 0 ? ElfStack::executable : ElfStack::not_executable;
          break;
        default: break;
      }
    }
    if (image_.segments.empty()) return fail("no PT_LOAD segment: nothing to load");
    return {};
  }

  Expected<void, Error> check_file_range(const Elf32_Phdr& ph, unsigned index, std::string_view what) const {
    if (ph.p_filesz > ph.p_memsz)
      return fail("program header {}: {} has {:#x} bytes in the file but {:#x} in memory", index, what, ph.p_filesz,
                  ph.p_memsz);
    if (ph.p_filesz != 0 && !in_file(ph.p_offset, ph.p_filesz))
      return fail("truncated: program header {} ({}) wants {:#x} bytes at offset {:#x} of a file of {:#x} bytes", index,
                  what, ph.p_filesz, ph.p_offset, file_.size());
    return {};
  }

  Expected<void, Error> add_segment(const Elf32_Phdr& ph, unsigned index) {
    LPAEMU_TRY_VOID(check_file_range(ph, index, "PT_LOAD"));
    if (ph.p_memsz == 0) return {};
    if (ph.p_filesz != 0 && VirtAddr{ph.p_vaddr}.page_offset() != ph.p_offset % mmu::PAGE_SIZE)
      return fail("program header {}: address {:#x} and file offset {:#x} differ within a page of 4096 bytes", index,
                  ph.p_vaddr, ph.p_offset);
    const std::uint64_t end = std::uint64_t{ph.p_vaddr} + ph.p_memsz;
    const bool is_fixed = image_.type == ElfType::executable;
    const std::uint32_t lowest = is_fixed ? kernel::FIRST_USER_ADDRESS.raw() : 0;
    if (ph.p_vaddr < lowest || end > kernel::TASK_SIZE.raw())
      return fail("program header {}: segment {:#x} to {:#x} is outside user space, {:#x} to {:#x}", index, ph.p_vaddr,
                  end, lowest, kernel::TASK_SIZE.raw());
    if (std::has_single_bit(ph.p_align)) image_.alignment = std::max(image_.alignment, ph.p_align);
    const std::uint32_t offset = ph.p_filesz != 0 ? ph.p_offset : VirtAddr{ph.p_vaddr}.page_offset();
    image_.segments.push_back({VirtAddr{ph.p_vaddr}, offset, ph.p_filesz, ph.p_memsz, (ph.p_flags & PF_R) != 0,
                               (ph.p_flags & PF_W) != 0, (ph.p_flags & PF_X) != 0});
    return {};
  }

  Expected<void, Error> read_interpreter(const Elf32_Phdr& ph, unsigned index) {
    if (image_.interpreter) return {};  // the first one counts, as in Linux
    if (ph.p_filesz < 2 || ph.p_filesz > max_interpreter)
      return fail("program header {}: PT_INTERP of {} bytes", index, ph.p_filesz);
    if (!in_file(ph.p_offset, ph.p_filesz))
      return fail("truncated: program header {} (PT_INTERP) wants {:#x} bytes at offset {:#x} of a file of {:#x} bytes",
                  index, ph.p_filesz, ph.p_offset, file_.size());
    const auto bytes = file_.subspan(ph.p_offset, ph.p_filesz);
    if (bytes.back() != std::byte{0}) return fail("program header {}: PT_INTERP is not a terminated string", index);
    image_.interpreter = reinterpret_cast<const char*>(bytes.data());
    return {};
  }

  Expected<void, Error> read_tls(const Elf32_Phdr& ph, unsigned index) {
    LPAEMU_TRY_VOID(check_file_range(ph, index, "PT_TLS"));
    if (image_.tls) return fail("program header {}: a second PT_TLS", index);
    if (ph.p_align != 0 && !std::has_single_bit(ph.p_align))
      return fail("program header {}: PT_TLS alignment {:#x} is not a power of two", index, ph.p_align);
    image_.tls = ElfTls{VirtAddr{ph.p_vaddr}, ph.p_filesz, ph.p_memsz, ph.p_align};
    return {};
  }

  /// Ascending and without overlap. [gabi 5: "PT_LOAD entries appear in ascending order"]
  Expected<void, Error> check_layout() const {
    for (std::size_t i = 1; i < image_.segments.size(); ++i) {
      const ElfSegment& before = image_.segments[i - 1];
      const ElfSegment& segment = image_.segments[i];
      if (segment.vaddr < before.vaddr)
        return fail("segments are not in ascending order: {:#x} after {:#x}", segment.vaddr.raw(), before.vaddr.raw());
      if (segment.vaddr - before.vaddr < before.memsz)
        return fail("segments overlap: one of {:#x} bytes at {:#x} and one at {:#x}", before.memsz, before.vaddr.raw(),
                    segment.vaddr.raw());
    }
    return {};
  }

  /// AT_PHDR. [linux fs/binfmt_elf.c:load_elf_binary]
  void find_phdr(const Elf32_Ehdr& header) {
    for (const ElfSegment& segment : image_.segments)
      if (header.e_phoff >= segment.offset && header.e_phoff - segment.offset < segment.filesz)
        image_.phdr = segment.vaddr + (header.e_phoff - segment.offset);
  }

  std::span<const std::byte> file_;
  std::string_view name_;
  ElfHandle elf_;
  ElfImage image_;
};

}  // namespace

Expected<ElfImage, Error> read_elf(std::span<const std::byte> file, std::string_view name) {
  return ElfReader{file, name}.read();
}

Expected<void, Error> require_static(const ElfImage& image, std::string_view name) {
  if (!image.interpreter) return {};
  return unexpected(
      Error{fmt::format("{}: dynamically linked, and its interpreter {} is not supported: link it with -static", name,
                        *image.interpreter)});
}

}  // namespace lpaemu::emu
