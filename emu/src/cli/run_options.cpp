#include "lpaemu/emu/cli/run_options.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <system_error>

#include "lpaemu/emu/cli/size.h"
#include "lpaemu/emu/engine/guest_ram.h"
#include "lpaemu/emu/host/gdb_connections.h"
#include "lpaemu/mmu/address.h"

namespace lpaemu::emu {
namespace {

constexpr std::uint64_t min_ram = std::uint64_t{4} << 20;
constexpr std::uint64_t max_ram = GuestRam::max_bytes;
constexpr std::uint64_t ram_alignment = std::uint64_t{2} << 20;
constexpr std::uint64_t default_ram = std::uint64_t{1} << 30;
constexpr std::uint64_t default_ram_base = GuestRam::default_base.raw();

/// `wanted`: what the text should be, and an example.
std::uint64_t checked_size(const std::string& option, const std::string& text, std::string_view wanted) {
  const auto size = parse_size(text);
  if (!size) throw CLI::ValidationError(option, fmt::format("'{}' is no {}", text, wanted));
  return *size;
}

/// CLI11's own words for a number that is none do not say what to write.
template <class Number>
Number checked_number(const std::string& option, const std::string& text, std::string_view example) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size())
    throw CLI::ValidationError(option, fmt::format("'{}' is no number; write e.g. {}", text, example));
  return value;
}

double checked_seconds(const std::string& text) {
  const auto seconds = checked_number<double>("--timeout", text, "2.5");
  if (!(seconds > 0) || !std::isfinite(seconds))
    throw CLI::ValidationError("--timeout", fmt::format("'{}' is not a time of more than 0 seconds", text));
  return seconds;
}

Bind parse_bind(const std::string& text) {
  Bind bind;
  std::string rest = text;
  if (rest.ends_with(":rw")) {
    bind.writable = true;
    rest.resize(rest.size() - std::string_view{":rw"}.size());
  }
  const auto colon = rest.find(':');
  bind.host = rest.substr(0, colon);
  if (colon != std::string::npos) bind.guest = rest.substr(colon + 1);
  if (bind.host.empty()) throw CLI::ValidationError("--bind", fmt::format("'{}' names no host path", text));
  if (!bind.guest.empty() && !bind.guest.starts_with('/'))
    throw CLI::ValidationError("--bind", fmt::format("guest path '{}' is not absolute", bind.guest));
  if (bind.guest.find(':') != std::string::npos)
    throw CLI::ValidationError("--bind", fmt::format("'{}' is not of the form HOST[:GUEST][:rw]", text));
  return bind;
}

/// `--stats`, `--stats=json`, `--stats=json:FILE`, `--stats=:FILE`
StatsOption parse_stats(const std::string& text) {
  StatsOption stats;
  const auto colon = text.find(':');
  const std::string format = text.substr(0, colon);
  if (colon != std::string::npos) stats.file = text.substr(colon + 1);
  if (format == "json")
    stats.format = StatsFormat::json;
  else if (!format.empty() && format != "text")
    throw CLI::ValidationError("--stats", fmt::format("'{}' is no format; write text or json", format));
  if (colon != std::string::npos && stats.file.empty())
    throw CLI::ValidationError("--stats", "no file name behind ':'");
  return stats;
}

void check_environment(const std::string& text) {
  if (text.find('=') == std::string::npos || text.starts_with('='))
    throw CLI::ValidationError("--env", fmt::format("'{}' is not of the form NAME=VALUE", text));
}

void check_memory(RunOptions& options) {
  if (options.mem < min_ram || options.mem > max_ram)
    throw CLI::ValidationError("--mem", fmt::format("{} bytes are not between 4M and 4G", options.mem));
  options.mem -= options.mem % ram_alignment;
  if (options.ram_base % ram_alignment != 0)
    throw CLI::ValidationError("--ram-base", fmt::format("{:#x} is not a multiple of 2M", options.ram_base));
  const std::uint64_t end_of_memory = std::uint64_t{1} << mmu::physical_address_bits;
  if (options.ram_base > end_of_memory - options.mem)
    throw CLI::ValidationError(
        "--ram-base", fmt::format("RAM would end above the 40 bits of physical addresses: base {:#x}, size {:#x}",
                                  options.ram_base, options.mem));
}

}  // namespace

std::vector<std::string> end_options_at_program(const CLI::App& command, std::vector<std::string> args) {
  std::size_t i = 1;  // behind "run"
  for (; i < args.size() && args[i].size() > 1 && args[i].front() == '-'; ++i) {
    if (args[i] == "--") return args;
    if (args[i] == "-ex" || args[i] == "-batch") args[i].insert(0, 1, '-');  // as GDB spells them
    constexpr std::string_view with_file = "--stats:";
    if (args[i].starts_with(with_file)) args[i].insert(with_file.size() - 1, 1, '=');
    const CLI::Option* option = command.get_option_no_throw(args[i]);  // null for --name=value as well
    if (option == nullptr && command.get_option_no_throw(args[i].substr(0, args[i].find('='))) == nullptr)
      throw CLI::ExtrasError(command.get_name(), {args[i]});
    if (option != nullptr && option->get_items_expected_max() > 0) ++i;
  }
  if (i < args.size()) args.insert(args.begin() + static_cast<std::ptrdiff_t>(i), "--");
  return args;
}

void declare_run_options(CLI::App& command, RunOptions& options) {
  options.mem = default_ram;
  options.ram_base = default_ram_base;
  command.add_option("PROGRAM", options.args, "The program and its arguments; options end here")
      ->required()
      ->type_name("[ARG...]");

  command.add_option("--root", options.tree.root, "The guest's root directory; PROGRAM is then a path in it")
      ->type_name("DIR")
      ->check([](const std::string& name) { return name.empty() ? std::string{"an empty name"} : std::string{}; }, "");
  command
      .add_option("--bind", options.bind_texts,
                  "Show HOST, a file or directory, at GUEST (default: the same path); repeatable")
      ->type_name("HOST[:GUEST][:rw]")
      ->allow_extra_args(false);
  command.add_option("--cwd", options.tree.cwd, "The guest's working directory")->type_name("DIR");
  command.add_flag("--rw", options.tree.writable, "The root and the working directory may be written");
  command
      .add_option_function<std::string>(
          "--mem",
          [&options](const std::string& text) {
            options.mem = checked_size("--mem", text, "size; write e.g. 512M or 1G");
          },
          "Size of RAM, 4M to 4G, e.g. 512M")
      ->type_name("SIZE")
      ->default_str("1G");
  command
      .add_option_function<std::string>(
          "--ram-base",
          [&options](const std::string& text) {
            options.ram_base = checked_size("--ram-base", text, "address; write e.g. 0x880000000");
          },
          "Physical address where RAM starts")
      ->type_name("ADDRESS")
      ->default_str("0x880000000");
  command.add_option("--env", options.env, "An environment variable; the guest has these only; repeatable")
      ->type_name("NAME=VALUE")
      ->allow_extra_args(false);
  command
      .add_option_function<std::string>(
          "--uid",
          [&options](const std::string& text) { options.uid = checked_number<std::uint32_t>("--uid", text, "1000"); },
          "The guest's user; 0 sees page frame numbers in pagemap")
      ->type_name("N")
      ->default_str("0");
  command
      .add_option_function<std::string>(
          "--soft-dirty",
          [&options](const std::string& mode) {
            options.soft_dirty = mode == "kernel" ? kernel::SoftDirtyMode::kernel : kernel::SoftDirtyMode::documented;
          },
          "As documented, or as a 6.12 kernel does")
      ->check(CLI::IsMember({"documented", "kernel"}))
      ->type_name("MODE")
      ->default_str("documented");
  command.add_flag("--faults", options.faults, "One line a fault on standard error");
  command.add_flag("--strace", options.strace, "One line a system call on standard error");
  command.add_flag("--stats{text}", options.stats_text, "Counts at the end: --stats, --stats=json, --stats=json:FILE")
      ->type_name("[=text|json][:FILE]");
  command
      .add_option_function<std::string>(
          "--timeout", [&options](const std::string& text) { options.timeout_seconds = checked_seconds(text); },
          "Stop the guest after this time: exit status 124")
      ->type_name("SECONDS");
}

void declare_gdb_options(CLI::App& command, RunOptions& options) {
  command
      .add_option_function<std::string>(
          "--gdb", [&options](const std::string& where) { options.gdb = where; },
          "Wait for a GDB: PORT (of the loopback interface), HOST:PORT, unix:PATH or stdio")
      ->type_name("WHERE")
      ->check(
          [](const std::string& where) {
            if (is_gdb_address(where)) return std::string{};
            return fmt::format("'{}' is no place to listen at; write PORT, HOST:PORT, unix:PATH or stdio", where);
          },
          "");
  command.add_flag("--gdb-nowait", options.gdb_nowait, "With --gdb: the guest runs; a GDB may come later")
      ->needs("--gdb");
}

void finish_run_options(RunOptions& options) {
  check_memory(options);
  std::ranges::for_each(options.env, check_environment);
  for (const std::string& text : options.bind_texts) options.tree.binds.push_back(parse_bind(text));
  if (!options.stats_text.empty()) options.stats = parse_stats(options.stats_text);
  options.tree.program = options.args.front();
}

}  // namespace lpaemu::emu
