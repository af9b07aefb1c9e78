// The guest's file tree: --root, --bind, the working directory, the program itself.
#pragma once

#include <string>
#include <vector>

#include "lpaemu/emu/error.h"
#include "lpaemu/kernel_model/kernel.h"

namespace lpaemu::emu {

/// --bind HOST[:GUEST][:rw]
struct Bind {
  std::string host;
  std::string guest;  // empty: the same path
  bool writable = false;
};

struct GuestTree {
  std::string root;  // host directory; empty: an empty tree with the working directory at its own path
  std::vector<Bind> binds;
  std::string cwd;  // guest path; empty: "/" with a root, else the host's working directory
  bool writable = false;
  std::string program;  // guest path with a root, else a host path
};

/// The program's path and the working directory, as the guest names them.
struct GuestPaths {
  std::string program;
  std::string cwd;
};

/// Mounts all of it into the kernel.
[[nodiscard]] Expected<GuestPaths, Error> mount_guest_tree(kernel::Kernel& kernel, const GuestTree& tree);

}  // namespace lpaemu::emu
