// How `lpaemu pte check` tells its results.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace lpaemu::emu {

/// One line of the file: what goes in, what the file says comes out, and what the model stores.
struct CheckedVector {
  std::uint64_t line;
  std::uint64_t in;
  std::uint64_t file;
  std::uint64_t model;

  [[nodiscard]] bool agrees() const { return file == model; }
  /// "AP2 1->0, SH 3->1 (bit 9)": from the file's value to the model's, by the fields of what the model stores: a
  /// swap entry's or a page's.
  [[nodiscard]] std::string differences() const;
};

/// Counts, and appends to a text that the caller empties as it likes.
class CheckReport {
 public:
  explicit CheckReport(std::string& text) : text_{text} {}
  virtual ~CheckReport() = default;
  CheckReport(const CheckReport&) = delete;
  CheckReport& operator=(const CheckReport&) = delete;

  void vector(const CheckedVector& vector);
  /// A line that is no vector; `text` is what stands there.
  void bad_line(std::uint64_t line, std::string_view text);
  /// The end, with the counts.
  virtual void finish() = 0;

  [[nodiscard]] std::uint64_t vectors() const { return agreed_ + differed_; }
  [[nodiscard]] std::uint64_t differed() const { return differed_; }
  [[nodiscard]] std::uint64_t bad() const { return bad_; }

 protected:
  virtual void tell(const CheckedVector& vector) = 0;
  virtual void tell_bad(std::uint64_t line, std::string_view text) = 0;
  [[nodiscard]] std::string& text() { return text_; }
  /// "540 vectors: 538 agree, 2 differ"
  [[nodiscard]] std::string summary() const;

 private:
  std::string& text_;
  std::uint64_t agreed_ = 0;
  std::uint64_t differed_ = 0;
  std::uint64_t bad_ = 0;
};

/// `format`: "text", "tap" or "junit".
[[nodiscard]] std::unique_ptr<CheckReport> make_check_report(std::string_view format, std::string& text);

}  // namespace lpaemu::emu
