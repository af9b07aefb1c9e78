// Files that hold physical memory: raw images and ELF core files, made for one test in a folder of its own.
#pragma once

#include <elf.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace lpaemu::emu::testing {

/// A folder that goes away with the test.
class ImageFolder {
 public:
  ImageFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "lpaemu-image-XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
  }
  ImageFolder(const ImageFolder&) = delete;
  ImageFolder& operator=(const ImageFolder&) = delete;
  ~ImageFolder() { std::filesystem::remove_all(path_); }

  /// The path of a new file with these bytes.
  std::string file(const std::string& name, const std::string& bytes) const {
    const auto path = path_ / name;
    std::ofstream{path, std::ios::binary} << bytes;
    return path.string();
  }
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

/// Little-endian words as the bytes of a file.
inline std::string bytes_of(const std::vector<std::uint64_t>& words) {
  return {reinterpret_cast<const char*>(words.data()), words.size() * sizeof words[0]};
}

template <class T>
std::string raw_bytes(const T& value) {
  return {reinterpret_cast<const char*>(&value), sizeof value};
}

/// Part of a core file: bytes at a physical address.
struct CorePart {
  std::uint64_t pa;
  std::string bytes;
};

/// A little-endian ET_CORE file: the header, the program headers, then all bytes without padding, behind `gap` bytes.
template <class Ehdr, class Phdr>
std::string core_file(const std::vector<CorePart>& parts, unsigned machine = EM_ARM, std::size_t gap = 0) {
  Ehdr header{};
  std::memcpy(header.e_ident, ELFMAG, SELFMAG);
  header.e_ident[EI_CLASS] = sizeof(Ehdr) == sizeof(Elf64_Ehdr) ? ELFCLASS64 : ELFCLASS32;
  header.e_ident[EI_DATA] = ELFDATA2LSB;
  header.e_ident[EI_VERSION] = EV_CURRENT;
  header.e_type = ET_CORE;
  header.e_machine = static_cast<Elf64_Half>(machine);
  header.e_version = EV_CURRENT;
  header.e_phoff = sizeof(Ehdr);
  header.e_ehsize = sizeof(Ehdr);
  header.e_phentsize = sizeof(Phdr);
  header.e_phnum = static_cast<Elf64_Half>(parts.size());
  std::string file = raw_bytes(header);
  std::size_t offset = sizeof(Ehdr) + parts.size() * sizeof(Phdr) + gap;
  for (const CorePart& part : parts) {
    Phdr ph{};
    ph.p_type = PT_LOAD;
    ph.p_offset = static_cast<decltype(ph.p_offset)>(offset);
    ph.p_paddr = static_cast<decltype(ph.p_paddr)>(part.pa);
    ph.p_vaddr = 0xc000'0000;
    ph.p_filesz = static_cast<decltype(ph.p_filesz)>(part.bytes.size());
    ph.p_memsz = static_cast<decltype(ph.p_memsz)>(part.bytes.size() + 0x1000);  // not dumped to its end
    file += raw_bytes(ph);
    offset += part.bytes.size();
  }
  file.append(gap, 'g');
  for (const CorePart& part : parts) file += part.bytes;
  return file;
}

}  // namespace lpaemu::emu::testing
