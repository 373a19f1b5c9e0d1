import Glibc

/// e to the power of `exponent`, as the C library computes it. (exp(3).)
package func exponential(_ exponent: Double) -> Double {
    exp(exponent)
}
