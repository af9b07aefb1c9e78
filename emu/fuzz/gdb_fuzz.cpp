// What a GDB's connection may bring, to a server with a guest: no bytes abort it, and it always comes to an end.
#include <array>
#include <atomic>
#include <string_view>

#include "fuzz_target.h"
#include "lpaemu/emu/debugger/gdb_server.h"
#include "lpaemu/emu/host/posix_host.h"
#include "lpaemu/emu/host/repeater.h"
#include "tiny_program.h"

namespace lpaemu::emu {
namespace {

/// Eight times: a store and getpid(). Then exit_group(0).
constexpr std::array<std::uint32_t, 9> code{0xe3a04008,   // mov r4, #8
                                            0xe50d0008,   // 1: str r0, [sp, #-8]
                                            0xe3a07014,   // mov r7, #20
                                            0xef000000,   // svc 0
                                            0xe2544001,   // subs r4, r4, #1
                                            0x1afffffa,   // bne 1b
                                            0xe3a00000,   // mov r0, #0
                                            0xe3a070f8,   // mov r7, #248
                                            0xef000000};  // svc 0

/// Stops the guest again and again while it runs: an input can make it loop, or wait.
class Interrupts {
 public:
  struct Guest {
    UserMachine& machine;
    PosixHost& host;
    void interrupt() const {
      machine.interrupt();
      host.interrupt();
      static_cast<void>(machine.nudge());
    }
  };

  Interrupts() { repeater_.wake(); }
  void set_guest(const Guest* guest) { guest_ = guest; }

 private:
  std::atomic<const Guest*> guest_ = nullptr;
  Repeater repeater_{[this] {
    if (const Guest* guest = guest_; guest != nullptr) guest->interrupt();
    return true;
  }};
};

Interrupts& interrupts() {
  static Interrupts all;
  return all;
}

/// A client whose bytes come piece by piece and end. It wants no checksums, so that an input needs none.
class Client final : public gdb::Connections {
 public:
  explicit Client(std::string_view bytes) : bytes_{bytes} {}
  void set_guest(const Interrupts::Guest* guest) { guest_ = guest; }

  [[nodiscard]] bool accept() override { return connected_; }
  [[nodiscard]] bool accept_ready() override { return connected_; }
  [[nodiscard]] bool connected() const override { return connected_; }
  void disconnect() override { connected_ = false; }
  [[nodiscard]] std::string receive() override {
    if (!greeted_) {
      greeted_ = true;
      return "$QStartNoAckMode#b0";
    }
    constexpr std::size_t piece = 256;
    std::string some{bytes_.substr(0, piece)};
    bytes_.remove_prefix(some.size());
    return some;
  }
  [[nodiscard]] std::string receive_ready() override {
    std::string some = receive();
    if (some.empty()) disconnect();
    return some;
  }
  void send(std::string_view /*bytes*/) override {}
  void interrupt_on_input(bool on) override { interrupts().set_guest(on ? guest_ : nullptr); }

 private:
  std::string_view bytes_;
  const Interrupts::Guest* guest_ = nullptr;
  bool connected_ = true;
  bool greeted_ = false;
};

/// As `lpaemu run --gdb` does; the program that the client asks for is always the same one.
void serve(std::string_view bytes) {
  constexpr int most_guests = 4;
  Client client{bytes};
  gdb::Server server{client, gdb::AtStart::wait_for_client, [] { return false; }};
  for (int guests = 0; guests < most_guests; ++guests) {
    PosixHost host;
    const auto machine = tests::tiny_machine(host, code, true);
    const Interrupts::Guest guest{*machine, host};
    client.set_guest(&guest);
    auto debugger = Debugger::attach(*machine, [&host] { host.clear_interrupt(); });
    LPAEMU_ASSERT(debugger.has_value(), "no debugger: {}", debugger.error().message);
    server.set_guest(**debugger);
    const auto end = (*debugger)->run(server);
    client.interrupt_on_input(false);
    server.guest_ended();
    LPAEMU_ASSERT(end.has_value(), "{}", end.error().message);
    debugger->reset();
    if (!server.next_program()) return;
  }
}

}  // namespace
}  // namespace lpaemu::emu

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  lpaemu::emu::serve({reinterpret_cast<const char*>(data), size});
  return 0;
}
