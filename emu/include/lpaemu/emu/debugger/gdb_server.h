// The face that speaks to a GDB. [gdb doc, Remote Protocol]
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "lpaemu/emu/debugger/debugger.h"
#include "lpaemu/emu/debugger/gdb_packets.h"

namespace lpaemu::emu::gdb {

/// Port: where clients come from. emu/host implements it.
class Connections {
 public:
  virtual ~Connections() = default;

  /// Waits for a client, unless one is there. False: none will come any more.
  [[nodiscard]] virtual bool accept() = 0;
  [[nodiscard]] virtual bool connected() const = 0;
  virtual void disconnect() = 0;
  /// Waits for bytes of the client; empty: it is gone.
  [[nodiscard]] virtual std::string receive() = 0;
  /// What is there without waiting; empty: nothing, or the client is gone.
  [[nodiscard]] virtual std::string receive_ready() = 0;
  /// A client that is gone is found by the next receive().
  virtual void send(std::string_view bytes) = 0;
  /// While on, each byte of the client and each new client causes an interrupt of the guest.
  virtual void interrupt_on_input(bool on) = 0;
};

enum class AtStart : std::uint8_t { wait_for_client, run };

class Server final : public Face {
 public:
  /// `is_over`: whether something else, a signal to lpaemu or a time-out, has ended the run.
  Server(Debugger& debugger, Connections& connections, AtStart at_start, std::function<bool()> is_over)
      : debugger_{debugger}, connections_{connections}, at_start_{at_start}, is_over_{std::move(is_over)} {}

  [[nodiscard]] Resume on_stop(const StopEvent& event) override;
  /// Whether the client, rather than the end of its connection, killed the guest.
  [[nodiscard]] bool killed_by_client() const { return killed_; }

 private:
  using Reply = std::string;  // empty: the packet is not known

  /// Serves the client until the guest is to go on.
  [[nodiscard]] Resume serve();
  [[nodiscard]] Resume client_gone();
  [[nodiscard]] bool client_wants_stop();
  void forget_client();
  void report(const StopEvent& event);
  void send(std::string_view payload);
  void send_console(std::string_view text);
  [[nodiscard]] std::string stop_reply(const StopEvent& event) const;
  [[nodiscard]] std::string thread_id() const;
  [[nodiscard]] Resume go(Resume resume);

  // Acting on packets: the reply, or in resume_ how to go on.
  [[nodiscard]] Reply act(const std::string& packet);
  [[nodiscard]] Reply act_on_query(std::string_view packet);
  [[nodiscard]] Reply act_on_set(std::string_view packet);
  [[nodiscard]] Reply act_on_v(std::string_view packet);
  [[nodiscard]] Reply resume_by(char action, std::uint64_t signal);
  [[nodiscard]] Reply supported(std::string_view features);
  [[nodiscard]] Reply transfer(std::string_view request);
  [[nodiscard]] Reply monitor(std::string_view hex);
  [[nodiscard]] Reply read_memory(std::string_view arguments, bool binary);
  [[nodiscard]] Reply write_memory(std::string_view arguments, bool binary);
  [[nodiscard]] Reply change_point(std::string_view arguments, bool insert);
  [[nodiscard]] Reply read_registers();
  [[nodiscard]] Reply write_registers(std::string_view hex);
  [[nodiscard]] Reply read_register(std::string_view arguments);
  [[nodiscard]] Reply write_register(std::string_view arguments);
  [[nodiscard]] Reply catch_syscalls(std::string_view arguments);
  [[nodiscard]] Reply act_on_file(std::string_view request);

  Debugger& debugger_;
  Connections& connections_;
  AtStart at_start_;
  std::function<bool()> is_over_;
  PacketReader reader_;
  std::string last_sent_;
  bool acks_ = true;
  bool multiprocess_ = false;
  bool swbreak_ = false;
  bool killed_ = false;
  bool reply_owed_ = false;    // the guest runs for the client, who waits for a stop reply
  bool monitor_owed_ = false;  // a monitor command goes on to the next phase, whose text is its answer
  std::optional<Resume> resume_;
  Resume last_resume_;
  std::map<int, std::shared_ptr<kernel::File>> files_;
  int next_file_ = 1;
};

}  // namespace lpaemu::emu::gdb
