// Descriptors 0, 1 and 2 before anything else is opened.
#pragma once

namespace lpaemu::emu {

/// A standard descriptor that is closed would be the next file that lpaemu opens, and the guest's reads and writes
/// would go there. What stands in for it can only be used the other way: the guest gets EBADF.
void occupy_standard_descriptors();

}  // namespace lpaemu::emu
