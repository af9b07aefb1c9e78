# ARM programs and a C library to test with: Debian's busybox-static (real applets) and musl (static guests that glibc
# would make too alike), both of architecture armhf. Guests only: nothing of them is linked into lpaemu.
# Version: the system's own suite. Licence: GPL-2.0-only (busybox), MIT (musl).
# Found: in .deps/armhf, where `./dev setup` unpacks them, or where the cache variables point. Without them their guests
#   are not built: the variables are false then.
#
# LPAEMU_ARMHF_SYSROOT    the tree the packages were unpacked in
# LPAEMU_BUSYBOX_ARMHF    the busybox program
# LPAEMU_MUSL_ARMHF       musl's prefix: include/arm-linux-musleabihf and lib/arm-linux-musleabihf lie below
# LPAEMU_MUSL_GCC_FLAGS   makes arm-linux-gnueabihf-gcc compile and link against it:
#                         arm-linux-gnueabihf-gcc ${LPAEMU_MUSL_GCC_FLAGS} -static [or -static-pie] x.c -o x
set(LPAEMU_ARMHF_SYSROOT "${PROJECT_SOURCE_DIR}/.deps/armhf" CACHE PATH "tree with armhf packages")
find_program(LPAEMU_BUSYBOX_ARMHF busybox
  PATHS "${LPAEMU_ARMHF_SYSROOT}/usr/bin" "${LPAEMU_ARMHF_SYSROOT}/bin" NO_DEFAULT_PATH)
find_path(LPAEMU_MUSL_ARMHF include/arm-linux-musleabihf/stdio.h PATHS "${LPAEMU_ARMHF_SYSROOT}/usr" NO_DEFAULT_PATH)
foreach(found LPAEMU_BUSYBOX_ARMHF LPAEMU_MUSL_ARMHF)
  if(NOT ${found})
    message(STATUS "${found} not found: guests that need it are left out (./dev setup brings it)")
  endif()
endforeach()

set(LPAEMU_MUSL_GCC_FLAGS "" CACHE INTERNAL "")
if(LPAEMU_MUSL_ARMHF)
  # musl-dev has such a file too, but for a musl under /usr and without static-pie.
  configure_file(musl-gcc.specs.in "${PROJECT_BINARY_DIR}/musl-gcc.specs" @ONLY)
  set(LPAEMU_MUSL_GCC_FLAGS "-specs=${PROJECT_BINARY_DIR}/musl-gcc.specs" CACHE INTERNAL "")
endif()
