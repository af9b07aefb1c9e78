// The face that speaks to a GDB. [gdb doc, Remote Protocol]
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "lpaemu/emu/debugger/debugger.h"
#include "lpaemu/emu/debugger/gdb_files.h"
#include "lpaemu/emu/debugger/gdb_packets.h"

namespace lpaemu::emu::gdb {

/// Port: where clients come from. emu/host implements it.
class Connections {
 public:
  virtual ~Connections() = default;

  /// Waits for a client, unless one is there. False: none will come any more.
  [[nodiscard]] virtual bool accept() = 0;
  /// Takes a client that is waiting. False: there is none.
  [[nodiscard]] virtual bool accept_ready() = 0;
  [[nodiscard]] virtual bool connected() const = 0;
  virtual void disconnect() = 0;
  /// Waits for bytes of the client; empty: it is gone, or lpaemu is to end.
  [[nodiscard]] virtual std::string receive() = 0;
  /// What is there without waiting; empty: nothing, or the client is gone.
  [[nodiscard]] virtual std::string receive_ready() = 0;
  /// Waits for a client that does not read, unless lpaemu is to end. One that is gone is found by the next receive().
  virtual void send(std::string_view bytes) = 0;
  /// While on, each byte of the client and each new client causes an interrupt of the guest.
  virtual void interrupt_on_input(bool on) = 0;
};

enum class AtStart : std::uint8_t { wait_for_client, run };

/// Variables that a guest is to have by another value, or not at all, than lpaemu was told.
using EnvironmentChanges = std::map<std::string, std::optional<std::string>>;

/// What an extended client asks to be run. Its arguments include argv[0].
struct ProgramRequest {
  std::string program;  // empty: the one before, and its arguments if there are no others
  std::vector<std::string> args;
  EnvironmentChanges environment;
};

/// Serves one guest after another: set_guest(), then Debugger::run() with this as its face, then guest_ended(), and so
/// on with what next_program() answers.
class Server final : public Face {
 public:
  /// `is_over`: whether something else, a signal to lpaemu or a time-out, has ended the run.
  Server(Connections& connections, AtStart at_start, std::function<bool()> is_over)
      : connections_{connections},
        at_start_{at_start},
        is_over_{std::move(is_over)},
        created_{at_start == AtStart::wait_for_client} {}

  /// Requires: `debugger` lives until guest_ended().
  void set_guest(Debugger& debugger);
  void guest_ended();
  /// Serves an extended client that has no guest until it wants one. Nothing: it is gone, or never was extended.
  [[nodiscard]] std::optional<ProgramRequest> next_program();
  /// What next_program() asked for cannot be run.
  void refuse_program(const Error& error);

  [[nodiscard]] Resume on_stop(const StopEvent& event) override;

 private:
  using Reply = std::string;  // empty: the packet is not known

  // When to talk and when to listen: server.cpp
  /// Serves the client until the guest is to go on.
  [[nodiscard]] Resume serve();
  /// Answers one packet or acknowledgement. False: no whole one has come yet.
  bool serve_input();
  [[nodiscard]] Resume client_gone();
  [[nodiscard]] bool client_wants_stop();
  [[nodiscard]] Resume serve_detached(const StopEvent& event);
  void forget_client();
  void report(const StopEvent& event);
  void send(std::string_view payload);
  void send_again();
  void send_console(std::string_view text);
  [[nodiscard]] Resume go(Resume resume);
  [[nodiscard]] bool passes(const StopEvent& event);

  // What a stop and a thread are called: stop_reply.cpp
  [[nodiscard]] std::string stop_reply(const StopEvent& event) const;
  [[nodiscard]] std::string thread_name() const;
  /// Whether the client has set a point that it stopped at.
  [[nodiscard]] bool of_gdb(const StopEvent& event) const;

  // Acting on packets: the reply, or in resume_ how to go on.
  [[nodiscard]] Reply act(const std::string& packet);
  [[nodiscard]] bool has_guest() const { return debugger_ != nullptr && attached_; }
  [[nodiscard]] Reply act_on_guest(const std::string& packet);

  // ... on the session and its process: session.cpp
  [[nodiscard]] std::optional<Reply> act_on_session(std::string_view packet);
  [[nodiscard]] Reply supported(std::string_view features);
  [[nodiscard]] Reply detach();
  /// `reply`: k has none.
  [[nodiscard]] Reply kill(Reply reply);
  [[nodiscard]] Reply attach(std::string_view pid);
  [[nodiscard]] Reply run(std::string_view arguments);
  [[nodiscard]] std::optional<Reply> change_environment(std::string_view packet);
  [[nodiscard]] bool is_pid(std::string_view hex) const;

  // ... on execution: acts.cpp
  [[nodiscard]] Reply resume_all(std::string_view actions);
  [[nodiscard]] Reply resume_by(char action, std::uint64_t signal);
  [[nodiscard]] Reply change_point(std::string_view arguments, bool insert);
  [[nodiscard]] Reply catch_syscalls(std::string_view arguments);
  [[nodiscard]] Reply check_thread(std::string_view thread) const;

  // ... on registers and memory: data.cpp
  [[nodiscard]] Reply read_registers();
  [[nodiscard]] Reply write_registers(std::string_view hex);
  [[nodiscard]] Reply read_register(std::string_view arguments);
  [[nodiscard]] Reply write_register(std::string_view arguments);
  [[nodiscard]] Reply read_memory(std::string_view arguments, bool binary);
  [[nodiscard]] Reply write_memory(std::string_view arguments, bool binary);
  [[nodiscard]] Reply search_memory(std::string_view arguments);
  [[nodiscard]] std::optional<MemoryRange> range_of(Fields& fields) const;
  [[nodiscard]] std::vector<std::byte> read_bytes(const MemoryRange& range);

  // ... on q and Q: queries.cpp
  [[nodiscard]] Reply act_on_query(std::string_view packet);
  [[nodiscard]] Reply act_on_qemu_query(std::string_view packet) const;
  [[nodiscard]] Reply act_on_set(std::string_view packet);
  [[nodiscard]] Reply transfer(std::string_view request);
  [[nodiscard]] Reply monitor(std::string_view hex);

  Connections& connections_;
  AtStart at_start_;
  std::function<bool()> is_over_;
  Debugger* debugger_ = nullptr;  // null: between two guests

  // What is agreed with the client.
  PacketReader reader_;
  std::string last_sent_;
  int resends_left_ = 0;  // of it
  bool acks_ = true;
  bool multiprocess_ = false;
  bool swbreak_ = false;
  bool extended_ = false;
  bool attached_ = true;                  // false: an extended client has detached
  bool physical_ = false;                 // memory packets name physical addresses
  std::set<int> pass_;                    // signals, in the protocol's numbers, that the guest gets without a stop
  std::optional<std::set<int>> program_;  // those that it gets when the client detaches; nothing: all
  EnvironmentChanges environment_;        // of the guests to come
  GuestFiles files_;
  Points points_;  // of the guest before, for the one to come: what `monitor` has set

  bool created_;               // the guest: by or for the client, who ends it when it goes
  bool reply_owed_ = false;    // the guest runs for the client, who waits for a stop reply
  bool monitor_owed_ = false;  // a monitor command goes on to the next phase, whose text is its answer
  std::optional<Resume> resume_;
  Resume last_resume_;
  bool call_of_gdb_ = false;     // it has caught the system call under way
  bool interrupt_owed_ = false;  // a Ctrl-C that came while the guest stood
  std::optional<int> injected_;  // a signal of the client's, which it need not be told
  std::optional<ProgramRequest> wanted_;
  std::string end_reply_ = "W00";  // what was told of the guest before
};

}  // namespace lpaemu::emu::gdb
