// A view of contiguous elements: what std::span is from C++20 on.
#pragma once

#include <cassert>
#include <cstddef>
#include <type_traits>
#include <vector>

namespace dia {

template <typename T>
class span {
public:
    constexpr span() noexcept = default;
    constexpr span(T * data, size_t size) noexcept : data_(data), size_(size) {}

    template <typename U, typename = std::enable_if_t<std::is_same_v<std::remove_const_t<T>, U>>>
    span(std::vector<U> & elements) noexcept : data_(elements.data()), size_(elements.size()) {}

    template <typename U, typename = std::enable_if_t<std::is_same_v<T, const U>>>
    span(const std::vector<U> & elements) noexcept : data_(elements.data()), size_(elements.size()) {}

    template <typename U, typename = std::enable_if_t<std::is_same_v<T, const U>>>
    constexpr span(span<U> other) noexcept : data_(other.data()), size_(other.size()) {}

    constexpr T * data() const noexcept { return data_; }
    constexpr size_t size() const noexcept { return size_; }
    constexpr bool empty() const noexcept { return size_ == 0; }
    constexpr T * begin() const noexcept { return data_; }
    constexpr T * end() const noexcept { return data_ + size_; }

    constexpr T & operator[](size_t index) const noexcept {
        assert(index < size_);
        return data_[index];
    }

    constexpr span subspan(size_t offset, size_t count) const noexcept {
        assert(offset <= size_ && count <= size_ - offset);
        return span(data_ + offset, count);
    }

private:
    T * data_ = nullptr;
    size_t size_ = 0;
};

}  // namespace dia
