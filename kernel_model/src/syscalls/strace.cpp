#include "lpaemu/kernel_model/syscalls/strace.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "abi.h"
#include "common.h"
#include "strace_values.h"

namespace lpaemu::kernel {
namespace {

using Args = std::array<std::uint32_t, 7>;

constexpr std::size_t shown_bytes = 32;  // of a buffer, as strace does by default
constexpr std::string_view unknown_format{"xxxxxx"};

std::string_view format_of(std::string_view name) {
  struct Row {
    std::string_view name, format;
  };
  static constexpr Row rows[] = {
#define STRACE(call, letters) Row{#call, letters},
#include "strace_table.inc"
#undef STRACE
  };
  const auto* const found = std::ranges::find(rows, name, &Row::name);
  return found == std::end(rows) ? unknown_format : found->format;
}

// ---- User memory, as it is -----------------------------------------------------------------------------------------

/// Bytes of one page from `va` on; empty when the page is not there. Never faults anything in.
std::span<const std::byte> peek_page(task_struct& task, VirtAddr va) {
  const mmu::Pte pte = task.mm->pte_at(va);
  if (!pte_valid(pte)) return {};
  const std::span<std::byte> page = task.mm->memory().page(PhysAddr{pte_pfn(pte)});
  return page.empty() ? page : page.subspan(va.page_offset());
}

/// As many of `bytes` bytes as are there; nothing when the first is not.
std::optional<std::string> peek(task_struct& task, VirtAddr va, std::size_t bytes) {
  std::string text;
  while (text.size() < bytes) {
    const auto page = peek_page(task, va + static_cast<std::uint32_t>(text.size()));
    if (page.empty()) break;
    const auto part = page.first(std::min(page.size(), bytes - text.size()));
    text.append(reinterpret_cast<const char*>(part.data()), part.size());
  }
  if (text.empty() && bytes != 0) return std::nullopt;
  return text;
}

std::optional<std::string> peek_string(task_struct& task, VirtAddr va) {
  auto text = peek(task, va, path_max);
  if (!text || text->find('\0') == std::string::npos) return std::nullopt;
  text->resize(text->find('\0'));
  return text;
}

std::string in_quotes(std::string_view text) {
  std::string out{'"'};
  for (const char c : text) {
    switch (c) {
      case '\n': out += "\\n"; break;
      case '\t': out += "\\t"; break;
      case '\r': out += "\\r"; break;
      case '"': out += "\\\""; break;
      case '\\': out += "\\\\"; break;
      default:
        if (c >= ' ' && c <= '~')
          out += c;
        else
          out += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    }
  }
  return out + '"';
}

std::string pointer(std::uint32_t value) { return value == 0 ? "NULL" : fmt::format("{:#x}", value); }

std::string buffer(task_struct& task, VirtAddr va, std::size_t bytes) {
  const auto text = peek(task, va, std::min(bytes, shown_bytes));
  if (!text) return pointer(va.raw());
  return in_quotes(*text) + (bytes > shown_bytes ? "..." : "");
}

template <class Timespec>
std::string timespec(task_struct& task, VirtAddr va) {
  const auto bytes = peek(task, va, sizeof(Timespec));
  if (va.raw() == 0 || !bytes || bytes->size() < sizeof(Timespec)) return pointer(va.raw());
  Timespec time;
  bytes->copy(reinterpret_cast<char*>(&time), sizeof time);
  return fmt::format("{{tv_sec={}, tv_nsec={}}}", time.sec, time.nsec);
}

// ---- Arguments -----------------------------------------------------------------------------------------------------

/// One argument: its letter and the first of its registers.
struct Argument {
  char letter;
  std::size_t index;
};

std::vector<Argument> arguments(std::string_view format) {
  std::vector<Argument> list;
  std::size_t index = 0;
  for (const char letter : format) {
    if (letter == 'R') continue;
    if (letter == 'L') index += index % 2;
    list.push_back({letter, index});
    index += letter == 'L' || letter == 'h' ? 2 : 1;
  }
  return list;
}

/// The text of an argument that reads user memory; nothing when that is not there.
std::optional<std::string> memory_text(task_struct& task, const Argument& argument, const Args& args) {
  const VirtAddr va{args[argument.index]};
  switch (argument.letter) {
    case 's': {
      const auto text = peek_string(task, va);
      return text ? std::optional{in_quotes(*text)} : std::nullopt;
    }
    case 'b': return buffer(task, va, args[argument.index + 1]);
    case 't': return timespec<abi::timespec32>(task, va);
    case 'T': return timespec<abi::timespec64>(task, va);
    default: return std::nullopt;
  }
}

std::string value_text(const Argument& argument, const Args& args) {
  const std::uint32_t value = args[argument.index];
  const SyscallArgs words{args};
  switch (argument.letter) {
    case 'd':
    case 'f': return fmt::format("{}", static_cast<std::int32_t>(value));
    case 'D': return words.s32(argument.index) == AT_FDCWD ? "AT_FDCWD" : fmt::format("{}", words.s32(argument.index));
    case 'u': return fmt::format("{}", value);
    case 'o': return fmt::format("{:#o}", value);
    case 'x': return value == 0 ? "0" : fmt::format("{:#x}", value);
    case 'O': return strace::open_flags(value);
    case 'P': return strace::protection(value);
    case 'M': return strace::mapping_flags(value);
    case 'a': return strace::access_mode(value);
    case 'A': return strace::at_flags(value);
    case 'w': return strace::whence(value);
    case 'c': return strace::clock(value);
    case 'V': return strace::advice(value);
    case 'F': return strace::fcntl_command(value);
    case 'X': return strace::futex_operation(value);
    case 'L': return fmt::format("{}", words.s64(argument.index));
    case 'h':
      return fmt::format("{}", static_cast<std::int64_t>(std::uint64_t{value} << 32 | args[argument.index + 1]));
    case 'g': {
      const std::string name = signal_name(words.s32(argument.index));
      return name.empty() ? fmt::format("{}", words.s32(argument.index)) : name;
    }
    default: return pointer(value);
  }
}

bool reads_memory(char letter) { return letter == 's' || letter == 'b' || letter == 't' || letter == 'T'; }

std::string name_of(std::uint32_t number) {
  const SyscallRow* const row = find_syscall(number);
  return row != nullptr ? std::string{row->name} : fmt::format("syscall_{:#x}", number);
}

/// "name(arguments)", with what the call has stored when it returned `stored` bytes.
std::string call_text(task_struct& task, const std::string& name, const Args& args,
                      const std::vector<std::string>& entered, std::size_t stored) {
  std::string text = name + '(';
  const auto list = arguments(format_of(name));
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (i != 0) text += ", ";
    if (i < entered.size() && !entered[i].empty()) {
      text += entered[i];
    } else if (list[i].letter == 'B' && stored != 0) {
      text += buffer(task, VirtAddr{args[list[i].index]}, stored);
    } else {
      text += memory_text(task, list[i], args).value_or(value_text(list[i], args));
    }
  }
  return text + ')';
}

std::string result_text(std::string_view format, std::uint32_t r0) {
  if (is_error_result(r0)) {
    const Errno error{static_cast<std::uint16_t>(0U - r0)};
    return fmt::format("-1 {} ({})", errno_name(error), errno_text(error));
  }
  return format.ends_with('R') ? fmt::format("{:#x}", r0) : fmt::format("{}", static_cast<std::int32_t>(r0));
}

}  // namespace

void Strace::on_enter(task_struct& task, std::uint32_t number, const std::array<std::uint32_t, 7>& args) {
  entered_.clear();
  for (const Argument& argument : arguments(format_of(name_of(number)))) {
    auto text = reads_memory(argument.letter) ? memory_text(task, argument, args) : std::nullopt;
    entered_.push_back(std::move(text).value_or(""));
  }
}

void Strace::on_return(task_struct& task, std::uint32_t number, const std::array<std::uint32_t, 7>& args,
                       std::uint32_t r0) {
  const std::string name = name_of(number);
  const std::size_t stored = is_error_result(r0) ? 0 : r0;
  sink_(call_text(task, name, args, entered_, stored) + " = " + result_text(format_of(name), r0));
}

void Strace::on_no_return(task_struct& task, std::uint32_t number, const std::array<std::uint32_t, 7>& args) {
  sink_(call_text(task, name_of(number), args, entered_, 0) + " = ?");
}

}  // namespace lpaemu::kernel
