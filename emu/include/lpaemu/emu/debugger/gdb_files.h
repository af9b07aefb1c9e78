// The guest's files as a GDB reads them. [gdb doc, Host I/O Packets]
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "lpaemu/kernel_model/kernel.h"

namespace lpaemu::emu::gdb {

/// Files of the guest's tree, with the rights of its current task, /proc included. They are read only, and never
/// waited for: what may block cannot be opened.
class GuestFiles {
 public:
  /// The reply to a vFile request, "open:PATH,FLAGS,MODE" and so on; empty: the request is not known.
  [[nodiscard]] std::string act(kernel::Kernel& kernel, std::string_view request);
  /// Requires: called before the kernel of the open files ends.
  void close_all() { files_.clear(); }

 private:
  [[nodiscard]] std::string open(kernel::Kernel& kernel, std::string_view arguments);
  [[nodiscard]] std::string pread(std::string_view arguments);
  [[nodiscard]] std::string fstat(std::string_view arguments);
  [[nodiscard]] kernel::File* find(std::optional<std::uint64_t> number);

  std::map<std::uint64_t, std::shared_ptr<kernel::File>> files_;
  std::uint64_t next_ = 1;
};

}  // namespace lpaemu::emu::gdb
