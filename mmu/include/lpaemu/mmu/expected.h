// One alias for the result type of the whole project. g++ 12 offers std::expected only in C++23 mode and
// without its monadic operations, so tl::expected stands in (docs/adr/0003-tl-expected.md).
#pragma once

#include <tl/expected.hpp>
#include <utility>

namespace lpaemu {

/// A value, or the reason why there is none.
template <class T, class E>
using Expected = tl::expected<T, E>;

template <class E>
using Unexpected = tl::unexpected<E>;

/// `return unexpected(Errno::einval);`
template <class E>
[[nodiscard]] constexpr auto unexpected(E&& error) {
  return tl::make_unexpected(std::forward<E>(error));
}

}  // namespace lpaemu

#define LPAEMU_CONCAT_INNER(a, b) a##b
#define LPAEMU_CONCAT(a, b) LPAEMU_CONCAT_INNER(a, b)

/// `LPAEMU_TRY(value, expression);` declares `value`, or returns the error of `expression` from this function.
#define LPAEMU_TRY(value, ...) LPAEMU_TRY_AS(LPAEMU_CONCAT(lpaemu_try_, __LINE__), value, __VA_ARGS__)
#define LPAEMU_TRY_AS(result, value, ...)                              \
  auto result = (__VA_ARGS__);                                         \
  if (!result) return ::lpaemu::unexpected(std::move(result.error())); \
  auto value = std::move(*result)

/// The same for an expression whose value is void or not needed.
#define LPAEMU_TRY_VOID(...)                                             \
  do {                                                                   \
    if (auto lpaemu_try_result = (__VA_ARGS__); !lpaemu_try_result)      \
      return ::lpaemu::unexpected(std::move(lpaemu_try_result.error())); \
  } while (false)
