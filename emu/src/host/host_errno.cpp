#include "host_errno.h"

#include <cctype>
#include <cerrno>
#include <system_error>

namespace lpaemu::emu {

kernel::Errno guest_errno(int host_errno) {
  switch (host_errno) {
#define E(enumerator, NAME, number, text) \
  case NAME: return kernel::Errno::enumerator;
#include "lpaemu/kernel_model/errno.inc"
#undef E
    default: return kernel::Errno::eio;
  }
}

Unexpected<kernel::Errno> last_error() { return unexpected(guest_errno(errno)); }

std::string errno_text(int host_errno) {
  std::string text = std::generic_category().message(host_errno);
  if (!text.empty()) text.front() = static_cast<char>(std::tolower(static_cast<unsigned char>(text.front())));
  return text;
}

}  // namespace lpaemu::emu
