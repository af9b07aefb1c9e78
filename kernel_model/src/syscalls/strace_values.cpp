#include "strace_values.h"

#include <fmt/format.h>

#include <span>
#include <string_view>

#include "common.h"
#include "lpaemu/kernel_model/mm/mmap.h"

namespace lpaemu::kernel::strace {
namespace {

struct Name {
  std::uint32_t value;
  std::string_view name;
};

void join(std::string& text, std::string_view part) {
  if (!text.empty()) text += '|';
  text += part;
}

/// Names of the bits that are set, and what is left in hexadecimal; `none` when nothing is.
std::string bits(std::uint32_t value, std::span<const Name> names, std::string_view none) {
  std::string text;
  for (const Name& row : names) {
    if ((value & row.value) != row.value) continue;
    join(text, row.name);
    value &= ~row.value;
  }
  if (value != 0) join(text, fmt::format("{:#x}", value));
  return text.empty() ? std::string{none} : text;
}

std::string one_of(std::uint32_t value, std::span<const Name> names) {
  for (const Name& row : names)
    if (row.value == value) return std::string{row.name};
  return fmt::format("{:#x}", value);
}

}  // namespace

std::string open_flags(std::uint32_t flags) {
  constexpr std::uint32_t O_SYNC = 04010000;
  static constexpr Name names[] = {{O_TMPFILE, "O_TMPFILE"},   {O_SYNC, "O_SYNC"},         {O_CREAT, "O_CREAT"},
                                   {O_EXCL, "O_EXCL"},         {O_NOCTTY, "O_NOCTTY"},     {O_TRUNC, "O_TRUNC"},
                                   {O_APPEND, "O_APPEND"},     {O_NONBLOCK, "O_NONBLOCK"}, {O_DIRECTORY, "O_DIRECTORY"},
                                   {O_NOFOLLOW, "O_NOFOLLOW"}, {O_DIRECT, "O_DIRECT"},     {O_LARGEFILE, "O_LARGEFILE"},
                                   {O_NOATIME, "O_NOATIME"},   {O_CLOEXEC, "O_CLOEXEC"},   {O_PATH, "O_PATH"}};
  static constexpr Name modes[] = {
      {O_RDONLY, "O_RDONLY"}, {O_WRONLY, "O_WRONLY"}, {O_RDWR, "O_RDWR"}, {O_ACCMODE, "O_ACCMODE"}};
  std::string text = one_of(flags & O_ACCMODE, modes);
  if ((flags & ~O_ACCMODE) != 0) join(text, bits(flags & ~O_ACCMODE, names, ""));
  return text;
}

std::string protection(std::uint32_t prot) {
  static constexpr Name names[] = {{PROT_READ, "PROT_READ"},
                                   {PROT_WRITE, "PROT_WRITE"},
                                   {PROT_EXEC, "PROT_EXEC"},
                                   {PROT_GROWSDOWN, "PROT_GROWSDOWN"},
                                   {PROT_GROWSUP, "PROT_GROWSUP"}};
  return bits(prot, names, "PROT_NONE");
}

std::string mapping_flags(std::uint32_t flags) {
  static constexpr Name types[] = {
      {MAP_SHARED, "MAP_SHARED"}, {MAP_PRIVATE, "MAP_PRIVATE"}, {MAP_SHARED_VALIDATE, "MAP_SHARED_VALIDATE"}};
  static constexpr Name names[] = {{MAP_FIXED, "MAP_FIXED"},         {MAP_ANONYMOUS, "MAP_ANONYMOUS"},
                                   {MAP_GROWSDOWN, "MAP_GROWSDOWN"}, {MAP_LOCKED, "MAP_LOCKED"},
                                   {MAP_NORESERVE, "MAP_NORESERVE"}, {MAP_POPULATE, "MAP_POPULATE"},
                                   {MAP_STACK, "MAP_STACK"},         {MAP_FIXED_NOREPLACE, "MAP_FIXED_NOREPLACE"}};
  std::string text = one_of(flags & MAP_TYPE, types);
  if ((flags & ~MAP_TYPE) != 0) join(text, bits(flags & ~MAP_TYPE, names, ""));
  return text;
}

std::string access_mode(std::uint32_t mode) {
  static constexpr Name names[] = {{MAY_READ, "R_OK"}, {MAY_WRITE, "W_OK"}, {MAY_EXEC, "X_OK"}};
  return bits(mode, names, "F_OK");
}

std::string at_flags(std::uint32_t flags) {
  static constexpr Name names[] = {{AT_SYMLINK_NOFOLLOW, "AT_SYMLINK_NOFOLLOW"},
                                   {AT_REMOVEDIR, "AT_REMOVEDIR"},
                                   {AT_SYMLINK_FOLLOW, "AT_SYMLINK_FOLLOW"},
                                   {AT_NO_AUTOMOUNT, "AT_NO_AUTOMOUNT"},
                                   {AT_EMPTY_PATH, "AT_EMPTY_PATH"}};
  return bits(flags, names, "0");
}

std::string whence(std::uint32_t value) {
  static constexpr Name names[] = {
      {0, "SEEK_SET"}, {1, "SEEK_CUR"}, {2, "SEEK_END"}, {3, "SEEK_DATA"}, {4, "SEEK_HOLE"}};
  return one_of(value, names);
}

std::string clock(std::uint32_t value) {
  static constexpr Name names[] = {{0, "CLOCK_REALTIME"},           {1, "CLOCK_MONOTONIC"},
                                   {2, "CLOCK_PROCESS_CPUTIME_ID"}, {3, "CLOCK_THREAD_CPUTIME_ID"},
                                   {4, "CLOCK_MONOTONIC_RAW"},      {5, "CLOCK_REALTIME_COARSE"},
                                   {6, "CLOCK_MONOTONIC_COARSE"},   {7, "CLOCK_BOOTTIME"}};
  return one_of(value, names);
}

std::string advice(std::uint32_t value) {
  static constexpr Name names[] = {
      {0, "MADV_NORMAL"},   {1, "MADV_RANDOM"},         {2, "MADV_SEQUENTIAL"},     {3, "MADV_WILLNEED"},
      {4, "MADV_DONTNEED"}, {8, "MADV_FREE"},           {9, "MADV_REMOVE"},         {10, "MADV_DONTFORK"},
      {11, "MADV_DOFORK"},  {14, "MADV_HUGEPAGE"},      {15, "MADV_NOHUGEPAGE"},    {16, "MADV_DONTDUMP"},
      {17, "MADV_DODUMP"},  {18, "MADV_WIPEONFORK"},    {19, "MADV_KEEPONFORK"},    {20, "MADV_COLD"},
      {21, "MADV_PAGEOUT"}, {22, "MADV_POPULATE_READ"}, {23, "MADV_POPULATE_WRITE"}};
  return one_of(value, names);
}

std::string fcntl_command(std::uint32_t value) {
  static constexpr Name names[] = {{0, "F_DUPFD"},     {1, "F_GETFD"},           {2, "F_SETFD"},    {3, "F_GETFL"},
                                   {4, "F_SETFL"},     {5, "F_GETLK"},           {6, "F_SETLK"},    {7, "F_SETLKW"},
                                   {8, "F_SETOWN"},    {9, "F_GETOWN"},          {12, "F_GETLK64"}, {13, "F_SETLK64"},
                                   {14, "F_SETLKW64"}, {1030, "F_DUPFD_CLOEXEC"}};
  return one_of(value, names);
}

std::string futex_operation(std::uint32_t value) {
  constexpr std::uint32_t command_mask = 127;
  static constexpr Name commands[] = {{0, "FUTEX_WAIT"},        {1, "FUTEX_WAKE"},        {3, "FUTEX_REQUEUE"},
                                      {4, "FUTEX_CMP_REQUEUE"}, {5, "FUTEX_WAKE_OP"},     {6, "FUTEX_LOCK_PI"},
                                      {9, "FUTEX_WAIT_BITSET"}, {10, "FUTEX_WAKE_BITSET"}};
  static constexpr Name flags[] = {{128, "FUTEX_PRIVATE_FLAG"}, {256, "FUTEX_CLOCK_REALTIME"}};
  std::string text = one_of(value & command_mask, commands);
  if ((value & ~command_mask) != 0) join(text, bits(value & ~command_mask, flags, ""));
  return text;
}

}  // namespace lpaemu::kernel::strace
