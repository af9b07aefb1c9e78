// Guest RAM as one block. Header only.
#pragma once

#include <cstring>
#include <memory>

#include "lpaemu/mmu/assert.h"
#include "lpaemu/mmu/physical_memory.h"

namespace lpaemu::kernel::testing {

class FlatMemory final : public mmu::PhysicalMemory {
 public:
  FlatMemory(mmu::PhysAddr base, std::uint64_t bytes)
      : base_{base}, bytes_{bytes}, words_{std::make_unique<std::uint64_t[]>(bytes / sizeof(std::uint64_t))} {}

  [[nodiscard]] mmu::PhysAddr base() const { return base_; }
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }

  [[nodiscard]] std::optional<std::uint64_t> read64(mmu::PhysAddr pa) const override {
    if (!inside(pa)) return std::nullopt;
    return words_[index(pa)];
  }
  [[nodiscard]] bool write64(mmu::PhysAddr pa, std::uint64_t value) override {
    if (!inside(pa)) return false;
    words_[index(pa)] = value;
    return true;
  }
  [[nodiscard]] std::span<std::byte> page(mmu::PhysAddr pa) override {
    if (!inside(pa)) return {};
    return std::as_writable_bytes(std::span{&words_[index(pa.page())], mmu::descriptors_per_table});
  }
  [[nodiscard]] std::span<const std::uint64_t> table(mmu::PhysAddr pa) const override {
    if (!inside(pa)) return {};
    return {&words_[index(pa.page())], mmu::descriptors_per_table};
  }

 private:
  [[nodiscard]] bool inside(mmu::PhysAddr pa) const { return pa >= base_ && pa - base_ < bytes_; }
  [[nodiscard]] std::size_t index(mmu::PhysAddr pa) const { return (pa - base_) / sizeof(std::uint64_t); }

  mmu::PhysAddr base_;
  std::uint64_t bytes_;
  std::unique_ptr<std::uint64_t[]> words_;
};

}  // namespace lpaemu::kernel::testing
