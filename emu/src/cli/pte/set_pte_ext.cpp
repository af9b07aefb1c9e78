// `lpaemu pte set-pte-ext`: what cpu_v7_set_pte_ext stores.
#include <memory>
#include <utility>

#include "lpaemu/emu/cli/hex.h"
#include "lpaemu/emu/cli/pte.h"
#include "lpaemu/mmu/proc_v7_3level.h"
#include "value_reader.h"

namespace lpaemu::emu {
namespace {

enum class ByteOrder : std::uint8_t { little, big };

/// The two registers that carry the argument and then the word for STRD. [linux-lpae-pte 6]
struct RegisterPair {
  std::uint32_t r2;
  std::uint32_t r3;
};

/// The routine with its argument in registers: rl and rh are the other way round in big endian, and so is what STRD
/// makes of the pair.
RegisterPair set_pte_ext(RegisterPair argument, ByteOrder order) {
  constexpr unsigned word_bits = 32;
  const bool big = order == ByteOrder::big;
  const std::uint32_t rl = big ? argument.r3 : argument.r2;
  const std::uint32_t rh = big ? argument.r2 : argument.r3;
  const std::uint64_t stored = mmu::set_pte_ext_value(mmu::Pte{std::uint64_t{rh} << word_bits | rl});
  const auto low = static_cast<std::uint32_t>(stored);
  const auto high = static_cast<std::uint32_t>(stored >> word_bits);
  return big ? RegisterPair{high, low} : RegisterPair{low, high};
}

std::uint64_t stored_word(std::uint64_t value, ByteOrder order) {
  constexpr unsigned word_bits = 32;
  const auto low = static_cast<std::uint32_t>(value);
  const auto high = static_cast<std::uint32_t>(value >> word_bits);
  const bool big = order == ByteOrder::big;
  const RegisterPair pair = set_pte_ext(big ? RegisterPair{high, low} : RegisterPair{low, high}, order);
  return big ? std::uint64_t{pair.r2} << word_bits | pair.r3 : std::uint64_t{pair.r3} << word_bits | pair.r2;
}

int run(const std::vector<std::string>& words, ByteOrder order) {
  Output output;
  ValueReader values{words, output};
  while (const auto value = values.next()) {
    append_hex16(output.text(), *value);
    output.text() += '\t';
    append_hex16(output.text(), stored_word(*value, order));
    output.text() += '\n';
    output.written();
  }
  return values.finish();
}

}  // namespace

void add_pte_set_pte_ext_command(CLI::App& pte, Action& action) {
  CLI::App* command = pte.add_subcommand(
      "set-pte-ext", "Prints IN<TAB>OUT: each value and the word that cpu_v7_set_pte_ext stores for it");
  const auto words = std::make_shared<std::vector<std::string>>();
  const auto big_endian = std::make_shared<bool>(false);
  command->add_flag("--big-endian", *big_endian,
                    "Take the registers as a big-endian kernel does, rl = r3 and rh = r2. Input and output are values, "
                    "so the output is the same");
  add_values_option(*command, *words);
  command->callback([words, big_endian, &action] {
    check_values(*words);
    action = [words, big_endian] { return run(*words, *big_endian ? ByteOrder::big : ByteOrder::little); };
  });
}

}  // namespace lpaemu::emu
