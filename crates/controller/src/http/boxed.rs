//! Handlers whose futures are boxed.
//!
//! axum asks of a handler in many places whether its future may be sent between threads, and the compiler answers each time by
//! looking into everything that the future waits for: that was half of the time in which this crate was built. Asked of a box
//! it is answered at once; an allocation a request is nothing beside the rest.

use std::pin::Pin;

use axum::{
    extract::{FromRequest, FromRequestParts},
    handler::Handler,
    response::IntoResponse,
};

use crate::App;

/// The same handler, with its future in a box.
pub(super) fn boxed<Arguments>(handler: impl Unboxed<Arguments>) -> impl Handler<Arguments, App> {
    handler.boxed()
}

/// A function that is a handler with these arguments, as axum tells them apart.
pub(super) trait Unboxed<Arguments> {
    /// The same, with its future in a box.
    fn boxed(self) -> impl Handler<Arguments, App>;
}

type Answered<Answer> = Pin<Box<dyn Future<Output = Answer> + Send>>;

impl<Function, Answering, Answer> Unboxed<((),)> for Function
where
    Function: FnOnce() -> Answering + Clone + Send + Sync + 'static,
    Answering: Future<Output = Answer> + Send + 'static,
    Answer: IntoResponse + 'static,
{
    fn boxed(self) -> impl Handler<((),), App> {
        || -> Answered<Answer> { Box::pin(self()) }
    }
}

macro_rules! unboxed {
    ($($part:ident)*, $last:ident) => {
        impl<Function, Answering, Answer, Via, $($part,)* $last> Unboxed<(Via, $($part,)* $last)> for Function
        where
            Function: FnOnce($($part,)* $last) -> Answering + Clone + Send + Sync + 'static,
            Answering: Future<Output = Answer> + Send + 'static,
            Answer: IntoResponse + 'static,
            Via: 'static,
            $($part: FromRequestParts<App> + Send + 'static,)*
            $last: FromRequest<App, Via> + Send + 'static,
        {
            #[expect(non_snake_case, reason = "an argument is named as its type")]
            fn boxed(self) -> impl Handler<(Via, $($part,)* $last), App> {
                |$($part: $part,)* $last: $last| -> Answered<Answer> { Box::pin(self($($part,)* $last)) }
            }
        }
    };
}

unboxed!(, First);
unboxed!(First, Second);
unboxed!(First Second, Third);
unboxed!(First Second Third, Fourth);
unboxed!(First Second Third Fourth, Fifth);
unboxed!(First Second Third Fourth Fifth, Sixth);
