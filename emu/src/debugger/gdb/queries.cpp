// q and Q packets, and files.
#include <fmt/format.h>

#include "lpaemu/emu/debugger/commands.h"
#include "lpaemu/emu/debugger/gdb_server.h"
#include "registers.h"

namespace lpaemu::emu::gdb {
namespace {

constexpr const char* ok = "OK";
constexpr const char* bad_request = "E22";

/// The GDB command that does what a command of the prompt does with guest instructions.
std::string_view gdb_command_for(const Command& command) {
  if (command.name == "retry") return "stepi";
  if (command.name == "quit") return "kill";
  return command.name;
}

std::string bytes_of(const std::vector<std::uint32_t>& words) {
  return {reinterpret_cast<const char*>(words.data()), words.size() * sizeof(std::uint32_t)};
}

std::string text_of(const std::optional<std::vector<std::byte>>& bytes) {
  if (!bytes) return {};
  return {reinterpret_cast<const char*>(bytes->data()), bytes->size()};
}

}  // namespace

Server::Reply Server::act_on_query(std::string_view packet) {
  Fields fields{packet};
  if (fields.take("Supported")) return supported(fields.rest());
  if (fields.take("Xfer:")) return transfer(fields.rest());
  if (fields.take("Rcmd,")) return monitor(fields.rest());
  if (packet == "fThreadInfo") return "m" + thread_id();
  if (packet == "sThreadInfo") return "l";
  if (packet == "C") return "QC" + thread_id();
  if (packet.starts_with("Attached")) return "0";
  if (fields.take("ThreadExtraInfo,")) return to_hex(debugger_.machine().kernel().current().comm);
  return {};
}

Server::Reply Server::supported(std::string_view features) {
  multiprocess_ = features.find("multiprocess+") != std::string_view::npos;
  swbreak_ = features.find("swbreak+") != std::string_view::npos;
  return "PacketSize=10000;QStartNoAckMode+;vContSupported+;multiprocess+;swbreak+;hwbreak+;QCatchSyscalls+;"
         "qXfer:features:read+;qXfer:auxv:read+;qXfer:exec-file:read+;binary-upload+";
}

Server::Reply Server::act_on_set(std::string_view packet) {
  Fields fields{packet};
  if (packet == "StartNoAckMode") {
    acks_ = false;
    reader_.set_check(false);
    return ok;
  }
  if (fields.take("CatchSyscalls:")) return catch_syscalls(fields.rest());
  return {};
}

Server::Reply Server::transfer(std::string_view request) {
  Fields fields{request};
  const std::string_view object = fields.until(':');
  if (!fields.take("read:")) return {};
  const std::string_view annex = fields.until(':');
  const kernel::task_struct& task = debugger_.machine().kernel().current();
  std::optional<std::string> document;
  if (object == "features" && annex == "target.xml") document = target_xml(debugger_);
  if (object == "auxv") document = bytes_of(task.auxv);
  if (object == "exec-file") document = task.exe;
  if (!document) return object == "features" ? "E00" : "";
  return part_of(*document, fields.rest()).value_or(bad_request);
}

Server::Reply Server::monitor(std::string_view hex) {
  const std::string line = text_of(from_hex(hex));
  const auto parsed = parse_command(line);
  if (parsed && parsed->command->runs == Runs::guest) {
    send_console(fmt::format("{} runs the guest, which GDB must know of: use GDB's own `{}`\n", parsed->command->name,
                             gdb_command_for(*parsed->command)));
    return ok;
  }
  CommandResult result = run_command(debugger_, line);
  if (result && result->resume && debugger_.last_stop().phase &&
      debugger_.last_stop().phase->kind == kernel::EventKind::Returned)
    result = unexpected(Error{"the handler has returned: stepi executes the instruction"});
  if (!result) {
    send_console(fmt::format("error: {}\n", result.error().message));
    return ok;
  }
  send_console(result->text);
  if (!result->resume) return ok;
  resume_ = result->resume;
  monitor_owed_ = true;
  return {};
}

/// vFile: open, pread, fstat-less reading of the guest's files, for the program's symbols. [gdb doc, Host I/O Packets]
Server::Reply Server::act_on_file(std::string_view request) {
  constexpr const char* no_such_file = "F-1,2";
  constexpr const char* bad_file = "F-1,9";
  Fields fields{request};
  if (fields.take("setfs:")) return "F0";
  if (fields.take("open:")) {
    kernel::Kernel& kernel = debugger_.machine().kernel();
    auto file = kernel.vfs().open(kernel.current(), kernel.current().cwd, text_of(from_hex(fields.until(','))),
                                  kernel::O_RDONLY, 0);
    if (!file) return no_such_file;
    files_[next_file_] = std::move(*file);
    return fmt::format("F{:x}", next_file_++);
  }
  if (fields.take("close:")) return files_.erase(static_cast<int>(fields.number().value_or(0))) == 1 ? "F0" : bad_file;
  if (!fields.take("pread:")) return {};
  const auto file = files_.find(static_cast<int>(fields.number().value_or(0)));
  const auto count = fields.take(',') ? fields.number() : std::nullopt;
  const auto offset = fields.take(',') ? fields.number() : std::nullopt;
  if (file == files_.end() || !count || !offset) return bad_file;
  constexpr std::uint64_t most = 0x7000;  // escaped it still is no longer than a packet
  std::vector<std::byte> bytes(std::min(*count, most));
  const auto got = file->second->read(bytes, *offset);
  if (!got) return bad_file;
  bytes.resize(*got);
  return fmt::format("F{:x};", bytes.size()) + escape(bytes);
}

}  // namespace lpaemu::emu::gdb
