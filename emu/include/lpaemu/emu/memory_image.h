// Physical memory out of files: raw images at addresses, and ELF core files of a memory dump. Nothing writes to it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "lpaemu/emu/error.h"
#include "lpaemu/mmu/address.h"
#include "lpaemu/mmu/physical_memory.h"

namespace lpaemu::emu {

class MappedFile;

/// A file that holds memory.
struct ImageFile {
  std::string path;
  std::optional<mmu::PhysAddr> pa;  // where a raw file lies; nothing: an ELF core file, which says it

  friend bool operator==(const ImageFile&, const ImageFile&) = default;
};

class MemoryImage final : public mmu::PhysicalMemory {
 public:
  /// Maps the files. Errors: a file that cannot be read or is empty, a broken core file, memory above 40 bits, two
  /// files (or segments) with memory at the same address.
  [[nodiscard]] static Expected<std::unique_ptr<MemoryImage>, Error> open(std::span<const ImageFile> files);
  ~MemoryImage() override;

  /// Bytes that no file holds, in a page of which one holds a part, read as 0.
  [[nodiscard]] std::optional<std::uint64_t> read64(mmu::PhysAddr pa) const override;
  /// An image is never written: always false.
  [[nodiscard]] bool write64(mmu::PhysAddr pa, std::uint64_t value) override;
  /// No bytes that may be written: always empty.
  [[nodiscard]] std::span<std::byte> page(mmu::PhysAddr pa) override;
  [[nodiscard]] std::span<const std::uint64_t> table(mmu::PhysAddr pa) const override;

 private:
  using Page = std::array<std::uint64_t, mmu::descriptors_per_table>;

  /// Bytes of a file, and where they lie.
  struct Extent {
    mmu::PhysAddr pa;
    std::span<const std::byte> bytes;
    std::string name;  // for errors

    [[nodiscard]] std::uint64_t end() const { return pa.raw() + bytes.size(); }
  };

  MemoryImage() = default;
  [[nodiscard]] Expected<void, Error> add(const ImageFile& file);
  [[nodiscard]] Expected<void, Error> sort_extents();
  [[nodiscard]] std::span<const std::uint64_t> composed_page(mmu::PhysAddr page) const;

  std::vector<std::unique_ptr<MappedFile>> files_;
  std::vector<Extent> extents_;  // ascending
  // Pages that cannot be shown in place: partly in a file, or unaligned there.
  mutable std::map<mmu::Pfn, std::unique_ptr<Page>> composed_;
};

}  // namespace lpaemu::emu
