#include "decoder.h"

#include <algorithm>
#include <iterator>

#include "lpaemu/mmu/explain.h"

namespace lpaemu::emu {

std::string_view kind_name(mmu::Descriptor d, unsigned level) {
  return mmu::is_swap_entry(d, level) ? "swap entry" : mmu::to_string(mmu::kind_of(d, level));
}

std::span<const FieldFrame> FieldFrames::of(std::span<const mmu::FieldInfo> fields) {
  std::vector<FieldFrame>& frames = frames_[fields.data()];
  if (frames.empty()) std::ranges::transform(fields, std::back_inserter(frames), render_);
  return frames;
}

}  // namespace lpaemu::emu
