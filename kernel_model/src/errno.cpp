#include "lpaemu/kernel_model/errno.h"

namespace lpaemu::kernel {

std::string_view errno_name(Errno error) {
  switch (error) {
#define E(enumerator, NAME, number, text) \
  case Errno::enumerator: return #NAME;
#include "lpaemu/kernel_model/errno.inc"
#undef E
    case Errno::erestartsys: return "ERESTARTSYS";
  }
  return "unknown error";
}

std::string_view errno_text(Errno error) {
  switch (error) {
#define E(enumerator, NAME, number, text) \
  case Errno::enumerator: return text;
#include "lpaemu/kernel_model/errno.inc"
#undef E
    case Errno::erestartsys: return "To be restarted";
  }
  return "unknown error";
}

}  // namespace lpaemu::kernel
