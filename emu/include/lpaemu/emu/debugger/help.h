// What help says about a command beyond its row in the table.
#pragma once

#include "lpaemu/emu/debugger/commands.h"

namespace lpaemu::emu {

struct HelpTopic {
  std::string_view command;
  std::string_view group;
  std::string_view explanation;
  std::string_view example;  // a line that can be typed
};

/// Null: a command without one, which a test complains about.
[[nodiscard]] const HelpTopic* find_topic(const Command& command);

/// What `help GROUP` knows.
[[nodiscard]] std::vector<std::string_view> help_groups();

}  // namespace lpaemu::emu
