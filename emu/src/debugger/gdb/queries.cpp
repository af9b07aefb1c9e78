// q and Q packets.
#include <fmt/format.h>

#include "lpaemu/emu/debugger/commands.h"
#include "lpaemu/emu/debugger/gdb_server.h"
#include "registers.h"
#include "replies.h"
#include "siginfo.h"

namespace lpaemu::emu::gdb {
namespace {

/// The GDB command that does what a command of the prompt does with guest instructions.
std::string_view gdb_command_for(const Command& command) {
  if (command.name == "retry") return "stepi";
  if (command.name == "quit") return "kill";
  return command.name;
}

/// A command that a message names is typed behind `monitor` here.
std::string for_monitor(std::string message) {
  constexpr std::string_view help = "`help ";
  for (std::size_t at = message.find(help); at != std::string::npos; at = message.find(help, at + help.size()))
    message.insert(at + 1, "monitor ");
  return message;
}

bool starts_program(const Command& command) {
  return command.name == "run" || command.name == "start" || command.name == "starti";
}

std::string xml_text(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = c != '<' && c != '>' && c != '&' && c != '"' && byte >= ' ' && byte <= '~';
    escaped += plain ? std::string{c} : fmt::format("&#{};", byte < ' ' ? '?' : byte);
  }
  return escaped;
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
  if (fields.take("Xfer:")) return transfer(fields.rest());
  if (fields.take("Rcmd,")) return monitor(fields.rest());
  if (fields.take("Search:memory:")) return search_memory(fields.rest());
  if (packet == "fThreadInfo") return "m" + thread_name();
  if (packet == "sThreadInfo") return "l";
  if (packet == "C") return "QC" + thread_name();
  if (packet == "Symbol::") return ok;  // no symbol is needed
  if (fields.take("ThreadExtraInfo,")) {
    const Reply known = check_thread(fields.rest());
    return known == ok ? to_hex(debugger_->machine().kernel().current().comm) : known;
  }
  return act_on_qemu_query(packet);
}

Server::Reply Server::act_on_set(std::string_view packet) {
  Fields fields{packet};
  if (fields.take("CatchSyscalls:")) return catch_syscalls(fields.rest());
  if (fields.take("qemu.PhyMemMode:")) {
    physical_ = fields.take('1');
    return ok;
  }
  // A step is one instruction, whatever a client may wish.
  if (fields.take("qemu.sstep=")) return fields.rest() == "1" || fields.rest() == "0x1" ? ok : bad_request;
  return {};
}

/// QEMU's own packets, which its users' scripts send. [qemu docs/system/gdb.rst]
Server::Reply Server::act_on_qemu_query(std::string_view packet) const {
  if (packet == "qemu.Supported") return "sstepbits;sstep;PhyMemMode";
  if (packet == "qemu.PhyMemMode") return physical_ ? "1" : "0";
  if (packet == "qemu.sstepbits") return "ENABLE=1";
  if (packet == "qemu.sstep") return "0x1";
  return {};
}

Server::Reply Server::transfer(std::string_view request) {
  Fields fields{request};
  const std::string_view object = fields.until(':');
  if (!fields.take("read:")) return {};
  const std::string_view annex = fields.until(':');
  const kernel::task_struct& task = debugger_->machine().kernel().current();
  std::optional<std::string> document;
  if (object == "features" && annex == "target.xml") document = target_xml(*debugger_);
  if (object == "auxv") document = bytes_of(task.auxv);
  if (object == "exec-file") document = task.exe;
  if (object == "siginfo") document = siginfo_bytes(debugger_->last_stop(), debugger_->registers().pc());
  if (object == "threads")
    document = fmt::format("<?xml version=\"1.0\"?>\n<threads>\n  <thread id=\"{}\" name=\"{}\"/>\n</threads>\n",
                           thread_name(), xml_text(task.comm));
  if (!document) return object == "features" ? "E00" : "";
  return part_of(*document, fields.rest()).value_or(bad_request);
}

Server::Reply Server::monitor(std::string_view hex) {
  const std::string line = text_of(from_hex(hex));
  const auto parsed = parse_command(line);
  if (parsed && starts_program(*parsed->command)) {
    send_console(fmt::format("GDB must know of a new guest: use `target extended-remote`, then GDB's own `{}`\n",
                             parsed->command->name));
    return ok;
  }
  if (parsed && parsed->command->name == "layout fault") {
    send_console(
        "layout fault fills the screen of lpaemu's own prompt, `lpaemu debug`; here `monitor info fault`,\n"
        "`monitor info walk ADDR` and `monitor info pte ADDR` tell the same, and `monitor phase` goes on\n");
    return ok;
  }
  if (parsed && parsed->command->runs == Runs::guest) {
    send_console(fmt::format("{} runs the guest, which GDB must know of: use GDB's own `{}`\n", parsed->command->name,
                             gdb_command_for(*parsed->command)));
    return ok;
  }
  CommandResult result = run_command(*debugger_, line);
  if (result && result->resume && debugger_->last_stop().phase &&
      debugger_->last_stop().phase->kind == kernel::EventKind::Returned)
    result = unexpected(Error{"the handler has returned: stepi executes the instruction"});
  if (!result) {
    send_console(fmt::format("error: {}\n", for_monitor(result.error().message)));
    return ok;
  }
  send_console(result->text);
  if (!result->resume) return ok;
  resume_ = result->resume;
  monitor_owed_ = true;
  return {};
}

}  // namespace lpaemu::emu::gdb
