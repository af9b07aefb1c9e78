#include "lpaemu/emu/cli/line_io.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>

#include "lpaemu/emu/cli/commands.h"

namespace lpaemu::emu {

Output::Output() { std::signal(SIGPIPE, SIG_IGN); }

void Output::flush() {
  std::string_view rest = text_;
  while (!rest.empty() && error_ == 0) {
    const ssize_t count = ::write(STDOUT_FILENO, rest.data(), rest.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0)
      error_ = errno;
    else
      rest.remove_prefix(static_cast<std::size_t>(count));
  }
  text_.clear();
}

int Output::finish(int status) {
  flush();
  if (error_ == 0) return status;
  return fail(fmt::format("cannot write to standard output: {}", std::strerror(error_)));
}

LineReader::LineReader(int fd, Output& output) : fd_{fd}, output_{output}, buffer_(longest_line + 1) {}

bool LineReader::fill() {
  if (begin_ != 0) {
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  output_.flush();
  if (output_.failed()) return false;
  ssize_t count = 0;
  do count = ::read(fd_, buffer_.data() + end_, buffer_.size() - end_);
  while (count < 0 && errno == EINTR);
  if (count < 0) error_ = errno;
  if (count <= 0) return false;
  end_ += static_cast<std::size_t>(count);
  return true;
}

std::optional<std::string_view> LineReader::next() {
  while (true) {
    const char* const begin = buffer_.data() + begin_;
    const void* const newline = std::memchr(begin, '\n', end_ - begin_);
    const bool full = end_ - begin_ == buffer_.size();
    std::size_t size = end_ - begin_;
    if (newline != nullptr)
      size = static_cast<std::size_t>(static_cast<const char*>(newline) - begin);
    else if (!full && fill())
      continue;
    else if (error_ != 0 || output_.failed() || begin_ == end_)
      return std::nullopt;

    std::string_view line{buffer_.data() + begin_, size};  // fill may have moved it
    begin_ += newline != nullptr ? size + 1 : size;
    const bool rest_of_long_line = skips_rest_;
    skips_rest_ = newline == nullptr && full;
    if (rest_of_long_line) continue;
    ++number_;
    if (line.ends_with('\r')) line.remove_suffix(1);
    return line;
  }
}

}  // namespace lpaemu::emu
